"""How many live connections each person holds open, across all web processes: sockets and event streams.

A place is a lease in Redis: a web process renews all that it holds, and one that was killed frees its own by falling
silent. Where Redis does not answer nobody is refused, because then there is nothing to be read either.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import uuid4
from weakref import WeakKeyDictionary

import structlog
from django.conf import settings
from redis.exceptions import RedisError

from apps.generation.errors import TooManyStreams
from apps.stores.redis import async_client, script, sync_client

logger = structlog.get_logger(__name__)

LEASE_SECONDS = 30.0
RENEW_SECONDS = 10.0
EVERYBODY = "workbench:{streams}:all"
HOWEVER_MANY = 0


def keys(person_id: int) -> list[str]:
    return [f"workbench:{{streams}}:person:{person_id}", EVERYBODY]


class OpenStreams:
    """The places that one event loop holds."""

    def __init__(self) -> None:
        self._client = async_client()
        self._held: dict[str, int] = {}
        self._renewing: asyncio.Task[None] | None = None
        self._freeing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def place_for(self, person_id: int) -> AsyncGenerator[None]:
        """Hold one of the person's places. Raises ``TooManyStreams`` where all are taken."""
        place = uuid4().hex
        await self._take(person_id, place)
        self._held[place] = person_id
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._renew_forever())
        try:
            yield
        finally:
            del self._held[place]
            # A task of its own: whoever leaves is often being cancelled, and could not wait for Redis.
            task = asyncio.create_task(self._free(person_id, place))
            self._freeing.add(task)
            task.add_done_callback(self._freeing.discard)

    async def check_room_for(self, person_id: int) -> None:
        """Raise ``TooManyStreams`` where all are taken now, for an answer that needs a status before it streams."""
        try:
            taken = await self._client.zcount(keys(person_id)[0], time.time(), "+inf")
        except (RedisError, OSError):
            return
        if taken >= settings.STREAMS_PER_PERSON:
            raise TooManyStreams(settings.STREAMS_PER_PERSON)

    async def close(self) -> None:
        """Stop renewing, and close the connections."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)
        await asyncio.gather(*self._freeing)
        await self._client.aclose()

    async def _take(self, person_id: int, place: str) -> None:
        most = settings.STREAMS_PER_PERSON
        try:
            taken = await cast("Awaitable[int]", _hold(self._client, person_id, place, most))
        except (RedisError, OSError) as error:
            logger.warning("open streams not counted", error=type(error).__name__)
            return
        if not taken:
            raise TooManyStreams(most)

    async def _free(self, person_id: int, place: str) -> None:
        try:
            for key in keys(person_id):
                await self._client.zrem(key, place)
        except (RedisError, OSError) as error:
            logger.warning("place not freed before its lease ends", error=type(error).__name__)

    async def _renew_forever(self) -> None:
        while self._held:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                async with self._client.pipeline(transaction=False) as pipeline:
                    for place, person_id in self._held.items():
                        _hold(pipeline, person_id, place, HOWEVER_MANY)
                    await pipeline.execute()
            except (RedisError, OSError) as error:
                logger.warning("open streams not renewed", error=type(error).__name__)


def _hold(client: Any, person_id: int, place: str, most: int) -> Any:
    return client.eval(
        script("apps.generation.log.scripts", "hold_stream"), 2, *keys(person_id), most, LEASE_SECONDS, place
    )


def count_open_streams() -> int:
    """How many live connections everybody together has open."""
    return sync_client().zcount(EVERYBODY, time.time(), "+inf")


_open_streams: WeakKeyDictionary[asyncio.AbstractEventLoop, OpenStreams] = WeakKeyDictionary()


def open_streams() -> OpenStreams:
    """The places of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _open_streams:
        _open_streams[loop] = OpenStreams()
    return _open_streams[loop]
