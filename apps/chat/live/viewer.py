"""Show a conversation to one page as it changes, over any carrier of HTML frames."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

from apps.chat.live import fragments
from apps.chat.live.access import Access, access_checks
from apps.chat.live.broadcast import (
    AccessChanged,
    BroadcastsMissed,
    MessagesChanged,
    MessagesStored,
    NewsQueue,
    QueueChanged,
    ThreadSwitched,
    TitleChanged,
    news_of,
)
from apps.chat.live.cursor import Cursor, PageCopy
from apps.chat.live.last_changes import LastChanges
from apps.chat.live.reply import SOON_RENDERED, LiveReply
from apps.chat.live.stored import read_messages
from apps.chat.models import Conversation, Message
from apps.chat.transcript.paging import (
    TranscriptItem,
    changes_to_catch_up,
    latest_messages,
    latest_page,
    page_where_switched,
)
from apps.chat.transcript.render import html_of, show_message
from apps.generation.live_connections import live_connections
from apps.generation.models import ACTIVE, Generation
from apps.generation.selectors import is_settled
from apps.stores.threads import in_thread

type Send = Callable[[str], Awaitable[None]]

HEARTBEAT_SECONDS = 15.0  # while nothing is written; also how often access is checked
HEARTBEAT_SECONDS_WRITING = 2.0  # a page takes five seconds of silence for a lost connection
FEW = 2  # an exchange; to render its question takes less than a change of thread
HEARTBEAT = '{"heartbeat": true}'


class AccessLost(Exception):
    """The person has signed out, or may no longer see the conversation."""


class Viewer:
    """One page of one conversation. ``send`` takes a frame and waits while the page does not read.

    The page first gets the changes since its cursor, so a first connection, a reconnection and a waking phone are the
    same.
    """

    def __init__(self, conversation: Conversation, session_key: str | None, send: Send) -> None:
        self._conversation = conversation
        self._access = Access(session_key, conversation.pk)
        self._send = send
        self._followed: dict[UUID, asyncio.Task[None]] = {}
        self._changed_again: set[UUID] = set()

    async def show(self, cursor: Cursor) -> None:
        """Show what has changed since this cursor, and everything from then on, until cancelled.

        Raises ``TooManyConnections``, or an exception group of ``AccessLost`` or of the failure that ended it.
        """
        async with (
            live_connections().hold_for(self._conversation.owner_id),
            news_of(self._conversation.pk) as news,
        ):
            await self._send(HEARTBEAT)  # tells the page that this way of connecting works
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._send_heartbeats())
                await self._catch_up(cursor, tasks)
                await self._listen(news, tasks)

    async def _catch_up(self, cursor: Cursor, tasks: asyncio.TaskGroup) -> None:
        missed = await in_thread(_missed)(self._conversation, cursor)
        if missed.beside:
            await self._send(missed.beside)
        if missed.items is None:
            await self._show(missed.messages, tasks)
        else:
            await self._show_anew(missed.items, tasks)

    async def _send_heartbeats(self) -> None:
        """Send heartbeats, which tell the page that the connection is alive, until access is lost."""
        since_check = since_heartbeat = 0.0
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS_WRITING)
            since_check += HEARTBEAT_SECONDS_WRITING
            since_heartbeat += HEARTBEAT_SECONDS_WRITING
            if since_check >= HEARTBEAT_SECONDS:
                if await access_checks().is_lost(self._access):
                    raise AccessLost
                since_check = 0.0
            if self._followed or since_heartbeat >= HEARTBEAT_SECONDS:
                await self._send(HEARTBEAT)
                since_heartbeat = 0.0

    async def _check_access(self) -> None:
        if await in_thread(self._access.is_lost)():
            raise AccessLost

    async def _listen(self, news: NewsQueue, tasks: asyncio.TaskGroup) -> None:
        """Show the news of the conversation, from this tab or another."""
        while True:
            match await news.get():
                case AccessChanged():
                    await self._check_access()
                case BroadcastsMissed(since):
                    await self._catch_up(Cursor(since.isoformat()), tasks)
                case MessagesStored(text):
                    await self._show(read_messages(text), tasks)
                case MessagesChanged(message_ids):
                    await self._show(await in_thread(_messages)(self._conversation, message_ids), tasks)
                case TitleChanged(title):
                    await self._send(fragments.update_title(self._conversation.pk, title))
                case QueueChanged():
                    await self._send(await in_thread(fragments.show_queued)(self._conversation))
                case ThreadSwitched():
                    await self._show_anew(await in_thread(page_where_switched)(self._conversation), tasks)

    async def _show_anew(self, items: list[TranscriptItem], tasks: asyncio.TaskGroup) -> None:
        """Replace everything shown by these items of the thread."""
        await self._leave_all()
        await self._send(await in_thread(fragments.replace_transcript)(items))
        await self._show([item for item in items if isinstance(item, Message) and item.state in ACTIVE], tasks)

    async def _show(self, messages: list[Message], tasks: asyncio.TaskGroup) -> None:
        for message in messages:
            if message.generation is None or is_settled(message.generation):
                is_quick = (
                    len(messages) <= FEW and message.generation is None and len(message.question) <= SOON_RENDERED
                )
                await self._send(_whole(message) if is_quick else await in_thread(_whole)(message))
            elif message.pk in self._followed:
                self._changed_again.add(message.pk)
            else:
                self._followed[message.pk] = tasks.create_task(self._follow(message, message.generation))

    async def _follow(self, message: Message, generation: Generation | None) -> None:
        # A reply that is continued as soon as it ends changes while its end is still being shown.
        while generation is not None and not is_settled(generation):
            self._changed_again.discard(message.pk)
            await LiveReply(message, generation, self._send).show()
            if message.pk not in self._changed_again:
                break
            (message,) = await in_thread(_messages)(self._conversation, [message.pk])
            generation = message.generation
        self._followed.pop(message.pk, None)

    async def _leave_all(self) -> None:
        """Stop following: nothing may be sent for messages that have left the page."""
        following = list(self._followed.values())
        self._followed.clear()
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class _Missed:
    """The frames and messages that a page lacks. ``items``, if any, replace everything that the page shows."""

    beside: str
    messages: list[Message] = field(default_factory=list)
    items: list[TranscriptItem] | None = None


def _missed(conversation: Conversation, cursor: Cursor) -> _Missed:
    last = LastChanges.of(conversation)
    beside = last.frames_beside(conversation, cursor.since)
    if cursor.is_switched(last.switched_at):
        return _Missed(beside, items=page_where_switched(conversation))
    changed = changes_to_catch_up(conversation, cursor.since)
    if changed is None:
        return _Missed(beside, items=latest_page(conversation))
    return _Missed(beside, [message for message in changed if not _has_copy(message, cursor)])


def _has_copy(message: Message, cursor: Cursor) -> bool:
    """Return whether the page has the present message. A message that is not sent again keeps its focus."""
    copy = cursor.copies.get(message.pk)
    if copy is None or message.state in ACTIVE:
        return False
    return PageCopy.of(show_message(message)) == copy


def _whole(message: Message) -> str:
    return fragments.upsert_message(message, html_of(message))


def _messages(conversation: Conversation, ids: list[UUID]) -> list[Message]:
    return list(latest_messages(conversation).filter(pk__in=ids))
