"""Shows one reply to one page while it is being written."""

import asyncio
from collections.abc import Awaitable, Callable
from zlib import crc32

from apps.chat import fragments
from apps.chat.markdown.streaming import ReplyRenderer
from apps.chat.models import Conversation, Message
from apps.chat.transcript import html_of
from apps.chat.wording import waiting_sentence
from apps.generation.event_log import first_token_at
from apps.generation.events import Ended, Events, Place
from apps.generation.following import follower
from apps.generation.models import Generation, State
from apps.generation.selectors import text_so_far
from apps.generation.threads import in_thread

FRAME_SECONDS = 0.04
WRITING = "The assistant is writing."
SPOKEN_ENDS = {
    State.SUCCEEDED: "Reply complete.",
    State.CANCELLED: "Reply stopped.",
    State.FAILED: "The reply failed.",
}


def renderer_of(message: Message) -> ReplyRenderer:
    return ReplyRenderer(f"{message.dom_id}-tail", message.cited)


class LiveReply:
    """What a page shows is a function of the reply's text so far: it starts with all of it, in one paint."""

    def __init__(self, message: Message, generation: Generation, send: Callable[[str], Awaitable[None]]) -> None:
        self._message = message
        self._generation = generation
        self._send = send
        self._place: Place | None = None
        self._renderer = renderer_of(message)
        self._checksum = 0

    async def show(self) -> None:
        """Send the reply from its first character to its end."""
        text = await in_thread(text_so_far)(self._generation)
        last = Events(len(text))
        await self._send(self._snapshot(text))
        async for events in follower().follow(self._generation.pk, after=len(text)):
            if news := self._news(events):
                await self._send(news)
            last = events
            if not events.ended:
                # What arrives meanwhile comes as one: eyes follow no more, and a frame costs more than a token.
                await asyncio.sleep(FRAME_SECONDS)
        await self._send(await in_thread(self._ending)(last))

    def _snapshot(self, text: str) -> str:
        self._checksum = crc32(text.encode())
        finished, still_open = self._renderer.snapshot(text)
        html = fragments.with_open_block(self._message, finished, still_open)
        return fragments.upsert_message(self._message, html)

    def _news(self, events: Events) -> str:
        frame = ""
        if events.state is not None and (events.state, events.place) != (self._generation.state, self._place):
            frame = self._state(events.state, events.place)
        self._checksum = crc32(events.text.encode(), self._checksum)
        frame += fragments.apply_changes(self._message.dom_id, self._renderer.feed(events.text))
        if events.ended:
            # In one frame: what is finished here is what stands in the open block until then.
            frame += fragments.apply_changes(self._message.dom_id, self._renderer.finish())
            frame += fragments.remove_open_block(self._message.dom_id)
        return frame

    def _state(self, state: State, place: Place | None) -> str:
        self._generation.state, self._place = state, place
        waiting = waiting_sentence(place) if state == State.QUEUED else ""
        return fragments.update_around_text(self._message, waiting) + fragments.announce(waiting or WRITING)

    def _ending(self, last: Events) -> str:
        """Everything around the text as Postgres has it now: the state, the figures, the sidebar."""
        message = Message.objects.in_order().get(pk=self._message.pk)
        if last.ended is not None and message.generation is not None:
            _complete_figures(message.generation, last.offset_after, last.ended)
        conversation = Conversation.objects.with_activity().get(pk=message.conversation_id)
        if self._has_other_text(message):
            shown = fragments.upsert_message(message, html_of(message))
        else:
            shown = fragments.update_around_text(message)
        return shown + fragments.update_sidebar(conversation) + fragments.announce(SPOKEN_ENDS.get(message.state, ""))

    def _has_other_text(self, message: Message) -> bool:
        """A log that was lost with its worker is written anew from the last checkpoint, perhaps in other words."""
        is_stored = message.state in {State.SUCCEEDED, State.FAILED}  # what was stopped is stored a moment later
        return is_stored and crc32(message.text.encode()) != self._checksum


def _complete_figures(generation: Generation, length: int, ended: Ended) -> None:
    """Who presses Stop ends the log first, and stores what it says a moment after that."""
    generation.text_length = max(generation.text_length, length)
    if generation.completion_tokens is None:
        generation.completion_tokens = ended.usage.get("completion_tokens") or None
    if generation.first_token_at is None:
        generation.first_token_at = first_token_at(generation.pk)
