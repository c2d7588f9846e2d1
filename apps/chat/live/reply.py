"""Show one reply to one page while it is being written."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from uuid import UUID
from zlib import crc32

from apps.chat.live import fragments
from apps.chat.markdown.streaming import ReplyRenderer
from apps.chat.models import Message, MessageQuerySet
from apps.chat.transcript.render import html_of
from apps.chat.transcript.status import doing, spoken
from apps.generation.log.entries import Ended, Events, QueuePosition
from apps.generation.log.follower import follower
from apps.generation.log.store import first_token_at
from apps.generation.models import Generation, State
from apps.generation.queue import position_of
from apps.stores.compiled import compiled
from apps.stores.threads import in_thread

TAKEN_SECONDS = 0.1
FRAME_SECONDS = 0.015  # least time between two frames, which bounds bursts; the worker paces what it writes
SOON_RENDERED = 2_000  # characters that render in a few milliseconds; longer texts must not keep other replies waiting


def renderer_of(message: Message) -> ReplyRenderer:
    return ReplyRenderer(f"{message.dom_id}-tail", message.cited)


class LiveReply:
    """Shows a reply as a function of its text so far: the page starts with the whole text, in one paint."""

    def __init__(self, message: Message, generation: Generation, send: Callable[[str], Awaitable[None]]) -> None:
        self._message = message
        self._generation = generation
        self._send = send
        if generation.is_over:
            generation.state = State.RUNNING  # stopped a moment ago: the log has the reply's end and figures
        self._position: QueuePosition | None = None
        self._has_run = generation.started_at is not None
        self._has_text = self._is_growing = False
        self._shown: tuple[State, str] | None = None
        self._said = ""
        self._renderer = renderer_of(message)
        self._checksum = 0
        self._now = asyncio.get_running_loop().time
        self._sent_at = 0.0

    async def show(self) -> None:
        """Send the reply from its first character to its end."""
        async with aclosing(follower().follow(self._generation.pk, after=len(self._generation.text))) as log:
            last, is_shown = await self._begin(log)
            if not is_shown:
                await self._show_news(last)
            elif last.ended:
                await self._show_news(Events(last.offset_after, ended=last.ended))
            async for events in log:
                await self._show_news(events)
                last = events
        await self._send(await in_thread(self._ending)(last))

    async def _begin(self, log: AsyncGenerator[Events]) -> tuple[Events, bool]:
        """Show the text so far. Return the log's first events, and whether the text shown included them."""
        first = asyncio.create_task(_next_of(log))
        try:
            # Mostly a worker takes the reply at once, and waiting for that costs less than reading the queue.
            await asyncio.wait({first}, timeout=TAKEN_SECONDS)
            is_known = first.done() and first.exception() is None
            events = first.result() if is_known else None
            is_quick = self._is_quick(events)
            await self._send(self._snapshot(events) if is_quick else await in_thread(self._snapshot)(events))
            return await first, is_known
        finally:
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)

    def _is_quick(self, first: Events | None) -> bool:
        """Return whether a snapshot needs no query and takes less time than a change of thread."""
        if first is None or first.state != State.RUNNING:
            return False
        return len(self._generation.text) + len(first.text) <= SOON_RENDERED

    async def _show_news(self, events: Events) -> None:
        if not events.ended and (too_early := self._sent_at + FRAME_SECONDS - self._now()) > 0:
            await asyncio.sleep(too_early)  # text that arrives meanwhile goes out as the next frame
        if news := await in_thread(self._news)(events) if self._is_much(events) else self._news(events):
            await self._send(news)
            self._sent_at = self._now()

    def _is_much(self, events: Events) -> bool:
        """Return whether rendering may take longer than a change of thread, which itself costs as much as a frame."""
        if self._renderer.open_length + len(events.text) <= SOON_RENDERED:
            return False
        return events.ended is not None or not self._renderer.only_appends(events.text)

    def _snapshot(self, first: Events | None) -> str:
        """Return the frame that shows the text so far: the checkpoint, and what the log has beyond it."""
        first = first or Events(len(self._generation.text))
        text = self._generation.text + first.text
        if first.state is not None:
            self._generation.state, self._position = first.state, first.position
            self._has_run = self._has_run or first.state == State.RUNNING
        state = State(self._generation.state)
        if state == State.QUEUED and self._position is None:
            self._position = position_of(self._generation.pk)
        self._has_text = bool(text)
        # If the log has nothing beyond the checkpoint, text is the last thing in it.
        self._is_growing = first.is_writing or (first.state is None and bool(self._generation.text))
        self._checksum = crc32(text.encode())
        finished, still_open = self._renderer.snapshot(text)
        html = fragments.with_open_block(self._message, finished, still_open)
        waiting = self._waiting(state)
        self._shown = state, waiting
        return fragments.upsert_message(self._message, html, waiting) + self._announce(waiting)

    def _news(self, events: Events) -> str:
        frame = self._around(events)
        self._checksum = crc32(events.text.encode(), self._checksum)
        frame += fragments.apply_changes(self._message.dom_id, self._renderer.feed(events.text))
        if events.ended:
            # In one frame: the finished block replaces the open block, which must not be seen beside it.
            frame += fragments.apply_changes(self._message.dom_id, self._renderer.finish())
            frame += fragments.remove_open_block(self._message.dom_id)
        return frame

    def _around(self, events: Events) -> str:
        """Return the frame of the reply's state if it changed; only the first token changes it."""
        if events.state is not None:
            self._generation.state, self._position = events.state, events.position
            self._has_run = self._has_run or events.state == State.RUNNING
        if events.state is not None or events.text:
            self._is_growing = events.is_writing
        self._has_text = self._has_text or bool(events.text)
        state = State(self._generation.state)
        waiting = self._waiting(state)
        if (state, waiting) == self._shown or events.ended:
            return ""
        has_state = self._shown is not None and self._shown[0] == state
        self._shown = state, waiting
        update = fragments.update_doing if has_state else fragments.update_around_text
        return update(self._message, waiting) + self._announce(waiting)

    def _waiting(self, state: State) -> str:
        return doing(state, self._position, has_text=self._has_text, is_growing=self._is_growing, has_run=self._has_run)

    def _announce(self, waiting: str) -> str:
        """Announce the reply's state if it is new. A model that continues after a pause is not announced."""
        sentence = spoken(waiting)
        if not sentence or sentence == self._said:
            return ""
        self._said = sentence
        return fragments.announce(sentence)

    def _ending(self, last: Events) -> str:
        """Return the frames around the text, as Postgres holds them now: the state, the figures, the sidebar."""
        message = _read_ended(self._message.pk)
        if last.ended is not None and message.generation is not None:
            _complete_figures(message.generation, last.offset_after, last.ended)
        if self._has_other_text(message):
            shown = fragments.upsert_message(message, html_of(message))
        else:
            shown = fragments.update_around_text(message)
        return shown + fragments.update_sidebar(message.active_conversation) + fragments.announce_end(message)

    def _has_other_text(self, message: Message) -> bool:
        """Tell whether the stored text differs: after a lost log, a worker may continue in other words."""
        is_stored = message.state in {State.SUCCEEDED, State.FAILED}  # a stopped reply is stored a moment later
        return is_stored and crc32(message.text.encode()) != self._checksum


def _read_ended(message_id: UUID) -> Message:
    for message in _read_with_conversation(message_id):
        return message
    raise Message.DoesNotExist


@compiled
def _read_with_conversation(message_id: UUID) -> MessageQuerySet:
    # Replies have no files: no query for them.
    return Message.objects.filter(pk=message_id).in_order().with_conversation().prefetch_related(None)


async def _next_of(log: AsyncGenerator[Events]) -> Events:
    return await anext(log)


def _complete_figures(generation: Generation, length: int, ended: Ended) -> None:
    """Complete the figures: Stop ends the log first, and stores the outcome a moment later."""
    generation.text_length = max(generation.text_length, length)
    if generation.completion_tokens is None:
        generation.completion_tokens = ended.usage.get("completion_tokens") or None
    if generation.first_token_at is None:
        generation.first_token_at = first_token_at(generation.pk)
