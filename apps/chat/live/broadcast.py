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
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import structlog
from redis.exceptions import RedisError

from apps.chat.live.moments import moment_now
from apps.stores.redis import async_client, sync_client

logger = structlog.get_logger(__name__)

CHANNEL = "workbench:announcements"
QUIET_SECONDS = 10.0  # of silence before Redis is pinged, and again before it counts as gone
RETRY_SECONDS = 0.25
LONGEST_WAIT = 5.0  # seconds for Redis, when a page opens


@dataclass(frozen=True, slots=True)
class MessagesChanged:
    """These messages are new or have changed."""

    message_ids: list[UUID]


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


type News = MessagesChanged | ThreadSwitched | AccessChanged | BroadcastsMissed
type NewsQueue = asyncio.Queue[News]


def broadcast_messages(conversation_id: UUID, message_ids: Sequence[UUID]) -> None:
    """Have every open page of the conversation show these messages.

    A failure is only logged: a page that misses it finds them when it reconnects.
    """
    _broadcast(conversation_id, MessagesChanged(list(message_ids)))


def broadcast_thread(conversation_id: UUID) -> None:
    """Have every open page of the conversation show its current thread."""
    _broadcast(conversation_id, ThreadSwitched())


def broadcast_access(conversation_id: UUID) -> None:
    """Have every open page of the conversation check its access at once."""
    _broadcast(conversation_id, AccessChanged())


def _broadcast(conversation_id: UUID, news: News) -> None:
    try:
        sync_client().publish(CHANNEL, json.dumps([str(conversation_id), _encode(news)]))
    except (RedisError, OSError) as error:
        logger.warning("broadcast not sent", conversation=str(conversation_id), error=type(error).__name__)


# On the wire a list of ids, an empty list for another thread, null for access: web processes of two releases may run
# side by side.
def _encode(news: News) -> list[str] | None:
    match news:
        case MessagesChanged(message_ids):
            return [str(message_id) for message_id in message_ids]
        case AccessChanged():
            return None
        case _:
            return []


def _decode(ids: list[str] | None) -> News:
    if ids is None:
        return AccessChanged()
    return MessagesChanged([UUID(message_id) for message_id in ids]) if ids else ThreadSwitched()


@asynccontextmanager
async def news_of(conversation_id: UUID) -> AsyncGenerator[NewsQueue]:
    """Give a queue of what is broadcast from now on. Raises ``TimeoutError`` while Redis is down."""
    async with listener().page_of(conversation_id) as news:
        yield news


class Listener:
    """Hears the channel for the pages of one event loop."""

    def __init__(self) -> None:
        self._client = async_client()
        self._pages: defaultdict[UUID, set[NewsQueue]] = defaultdict(set)
        self._hears = asyncio.Event()
        self._heard_at: datetime | None = None
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def page_of(self, conversation_id: UUID) -> AsyncGenerator[NewsQueue]:
        """Give one page's queue."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen_forever())
        async with asyncio.timeout(LONGEST_WAIT):
            await self._hears.wait()
        news: NewsQueue = asyncio.Queue()
        self._pages[conversation_id].add(news)
        try:
            yield news
        finally:
            self._pages[conversation_id].discard(news)
            if not self._pages[conversation_id]:
                del self._pages[conversation_id]

    async def close(self) -> None:
        """Stop listening, and close the connections."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._client.aclose()

    async def _listen_forever(self) -> None:
        while True:
            try:
                await self._listen()
            except Exception as error:  # noqa: BLE001 - whatever it is, pages go on needing this
                logger.warning("not listening for broadcasts", error=type(error).__name__)
            self._hears.clear()
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        is_pinged = False
        async with self._client.pubsub() as pubsub:
            await pubsub.subscribe(CHANNEL)
            while True:
                message = await pubsub.get_message(timeout=QUIET_SECONDS)
                if message is not None:
                    self._take(message)
                elif is_pinged:
                    raise TimeoutError
                else:
                    await pubsub.ping()
                is_pinged = message is None

    def _take(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "subscribe":  # on every connection
                if self._heard_at is not None:
                    self._tell_all(BroadcastsMissed(self._heard_at))
                self._hears.set()
            case "message":
                conversation_id, ids = json.loads(message["data"])
                for page in self._pages.get(UUID(conversation_id), ()):
                    page.put_nowait(_decode(ids))
        self._heard_at = moment_now()

    def _tell_all(self, news: News) -> None:
        for pages in self._pages.values():
            for page in pages:
                page.put_nowait(news)


_listeners: WeakKeyDictionary[asyncio.AbstractEventLoop, Listener] = WeakKeyDictionary()


def listener() -> Listener:
    """Return the listener of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _listeners:
        _listeners[loop] = Listener()
    return _listeners[loop]
