"""Tells the open pages of a conversation that it has new messages, shows another thread, or is gone.

One Redis channel carries all announcements, and one task per event loop hears them all: they are few and short, and
a page that comes or goes costs Redis nothing.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import structlog
from redis.exceptions import RedisError

from apps.chat.transcript.render import moment_now
from apps.stores.redis import async_client, sync_client

logger = structlog.get_logger(__name__)

CHANNEL = "workbench:announcements"
QUIET_SECONDS = 10.0  # without a word, Redis is asked whether it is there; without an answer, it is not
RETRY_SECONDS = 0.25
LONGEST_WAIT = 5.0  # seconds, for Redis to be there when a page comes

type Announced = asyncio.Queue[list[UUID] | datetime | None]
"""Ids of messages; an empty list says that another thread is shown, ``None`` that access may be lost.

A moment says that Redis was away, and that what happened since then may not have been announced.
"""


def announce_messages(conversation_id: UUID, message_ids: Sequence[UUID]) -> None:
    """Have every open page of the conversation show these messages too.

    A page that misses it finds them when it connects again, so a failure is only logged.
    """
    _announce(conversation_id, [str(message_id) for message_id in message_ids])


def announce_thread(conversation_id: UUID) -> None:
    """Have every open page of the conversation show the thread that is its current one now."""
    _announce(conversation_id, [])


def announce_gone(conversation_id: UUID) -> None:
    """Have every open page of the conversation see at once whether it may still be shown."""
    _announce(conversation_id, None)


def _announce(conversation_id: UUID, ids: list[str] | None) -> None:
    try:
        sync_client().publish(CHANNEL, json.dumps([str(conversation_id), ids]))
    except (RedisError, OSError) as error:
        logger.warning("messages not announced", conversation=str(conversation_id), error=type(error).__name__)


@asynccontextmanager
async def announced_messages(conversation_id: UUID) -> AsyncGenerator[Announced]:
    """What is announced from now on. Raises ``TimeoutError`` where Redis cannot be heard."""
    loop = asyncio.get_running_loop()
    if loop not in _listeners:
        _listeners[loop] = Listener()
    async with _listeners[loop].page_of(conversation_id) as announced:
        yield announced


class Listener:
    """Hears the channel, for the pages of one event loop."""

    def __init__(self) -> None:
        self._client = async_client()
        self._pages: defaultdict[UUID, set[Announced]] = defaultdict(set)
        self._hears = asyncio.Event()
        self._heard_at: datetime | None = None
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def page_of(self, conversation_id: UUID) -> AsyncGenerator[Announced]:
        """What one page is told."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen_forever())
        async with asyncio.timeout(LONGEST_WAIT):
            await self._hears.wait()
        announced: Announced = asyncio.Queue()
        self._pages[conversation_id].add(announced)
        try:
            yield announced
        finally:
            self._pages[conversation_id].discard(announced)
            if not self._pages[conversation_id]:
                del self._pages[conversation_id]

    async def _listen_forever(self) -> None:
        while True:
            try:
                await self._listen()
            except Exception as error:  # noqa: BLE001 - whatever it is, pages go on needing this
                logger.warning("not listening for announcements", error=type(error).__name__)
            self._hears.clear()
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        is_asked = False
        async with self._client.pubsub() as pubsub:
            await pubsub.subscribe(CHANNEL)
            while True:
                message = await pubsub.get_message(timeout=QUIET_SECONDS)
                if message is not None:
                    self._take(message)
                elif is_asked:
                    raise TimeoutError
                else:
                    await pubsub.ping()
                is_asked = message is None

    def _take(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "subscribe":  # with every connection
                if self._heard_at is not None:
                    self._tell_all(self._heard_at)
                self._hears.set()
            case "message":
                conversation_id, ids = json.loads(message["data"])
                for announced in self._pages.get(UUID(conversation_id), ()):
                    announced.put_nowait(None if ids is None else [UUID(message_id) for message_id in ids])
        self._heard_at = moment_now()

    def _tell_all(self, since: datetime) -> None:
        for pages in self._pages.values():
            for announced in pages:
                announced.put_nowait(since)


_listeners: WeakKeyDictionary[asyncio.AbstractEventLoop, Listener] = WeakKeyDictionary()
