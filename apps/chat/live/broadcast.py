"""Tell the open pages of a conversation that it has new messages, shows another thread, or is gone.

One Redis channel carries all broadcasts, and one task per event loop hears them. They are few and short, and a page
that opens or closes costs Redis nothing.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from redis.exceptions import RedisError

from apps.chat.live.moments import LONGEST_TRANSACTION
from apps.chat.live.stored import write_messages
from apps.chat.models import Message
from apps.stores.listener import Listener
from apps.stores.per_loop import PerLoop
from apps.stores.redis import sync_client

logger = structlog.get_logger(__name__)

CHANNEL = "workbench:announcements"


@dataclass(frozen=True, slots=True)
class MessagesChanged:
    """These messages are new or have changed."""

    message_ids: list[UUID]


@dataclass(frozen=True, slots=True)
class MessagesStored:
    """New messages were stored. ``text`` holds them, as ``write_messages`` wrote it."""

    text: str


@dataclass(frozen=True, slots=True)
class ThreadSwitched:
    """Another thread of the conversation is shown now."""


@dataclass(frozen=True, slots=True)
class AccessChanged:
    """The conversation may not be shown any longer."""


@dataclass(frozen=True, slots=True)
class BroadcastsMissed:
    """Redis was down: broadcasts after the moment ``since`` may be lost."""

    since: datetime


@dataclass(frozen=True, slots=True)
class TitleChanged:
    """The conversation has another title."""

    title: str


@dataclass(frozen=True, slots=True)
class QueueChanged:
    """A message was queued or removed from the queue."""


type News = (
    MessagesChanged | MessagesStored | ThreadSwitched | TitleChanged | QueueChanged | AccessChanged | BroadcastsMissed
)
type NewsQueue = asyncio.Queue[News]


def broadcast_messages(conversation_id: UUID, message_ids: Sequence[UUID]) -> None:
    """Have every open page of the conversation show these messages.

    A failure is only logged: a page that misses the broadcast reads the messages when it reconnects.
    """
    _broadcast(conversation_id, MessagesChanged(list(message_ids)))


def broadcast_stored(conversation_id: UUID, messages: Sequence[Message]) -> None:
    """Have every open page of the conversation show these new messages. Short ones travel in the broadcast itself."""
    text = write_messages(messages)
    news = MessagesChanged([message.pk for message in messages]) if text is None else MessagesStored(text)
    _broadcast(conversation_id, news)


def broadcast_thread(conversation_id: UUID) -> None:
    """Have every open page of the conversation show its current thread."""
    _broadcast(conversation_id, ThreadSwitched())


def broadcast_title(conversation_id: UUID, title: str) -> None:
    """Have every open page of the conversation show this title."""
    _broadcast(conversation_id, TitleChanged(title))


def broadcast_queue(conversation_id: UUID) -> None:
    """Have every open page of the conversation show its queued message."""
    _broadcast(conversation_id, QueueChanged())


def broadcast_access(conversation_id: UUID) -> None:
    """Have every open page of the conversation check its access at once."""
    _broadcast(conversation_id, AccessChanged())


def _broadcast(conversation_id: UUID, news: News) -> None:
    try:
        sync_client().publish(CHANNEL, json.dumps([str(conversation_id), _encode(news)]))
    except (RedisError, OSError) as error:
        logger.warning("broadcast not sent", conversation=str(conversation_id), error=type(error).__name__)


# On the wire: a list of ids, an empty list for another thread, null for access, a text for new messages, an object for
# a title or the queued message. Web processes of two releases may run side by side. A page whose process does not know
# a form reconnects and reads what it missed.
type Wire = list[str] | dict[str, str] | str | None


def _encode(news: News) -> Wire:
    match news:
        case MessagesStored(text):
            return text
        case MessagesChanged(message_ids):
            return [str(message_id) for message_id in message_ids]
        case TitleChanged(title):
            return {"title": title}
        case QueueChanged():
            return {"queue": "changed"}
        case AccessChanged():
            return None
        case _:
            return []


def _decode(news: Wire) -> News:
    if news is None:
        return AccessChanged()
    if isinstance(news, str):
        return MessagesStored(news)
    if isinstance(news, dict):
        return TitleChanged(news["title"]) if "title" in news else QueueChanged()
    return MessagesChanged([UUID(message_id) for message_id in news]) if news else ThreadSwitched()


@asynccontextmanager
async def news_of(conversation_id: UUID) -> AsyncGenerator[NewsQueue]:
    """Give a queue that receives all broadcasts from now on. Raises ``RedisError`` while Redis is away."""
    async with open_pages().page_of(conversation_id) as news:
        yield news


class Pages:
    """The open pages of one event loop."""

    def __init__(self) -> None:
        self._pages: defaultdict[UUID, set[NewsQueue]] = defaultdict(set)
        self._channel = Listener(CHANNEL, hear=self._hear, missed=self._missed)

    @asynccontextmanager
    async def page_of(self, conversation_id: UUID) -> AsyncGenerator[NewsQueue]:
        """Give one page's queue."""
        await self._channel.ready()
        news: NewsQueue = asyncio.Queue()
        self._pages[conversation_id].add(news)
        try:
            yield news
        finally:
            self._pages[conversation_id].discard(news)
            if not self._pages[conversation_id]:
                del self._pages[conversation_id]

    async def close(self) -> None:
        """Stop listening and close the connection."""
        await self._channel.close()

    def _hear(self, message: bytes) -> None:
        conversation_id, ids = json.loads(message)
        for page in self._pages.get(UUID(conversation_id), ()):
            page.put_nowait(_decode(ids))

    def _missed(self, since: datetime) -> None:
        for pages in self._pages.values():
            for page in pages:
                page.put_nowait(BroadcastsMissed(since - LONGEST_TRANSACTION))


open_pages = PerLoop(Pages)
