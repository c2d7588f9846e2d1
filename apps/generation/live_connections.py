"""Count the live connections (sockets and event streams) that each person holds open, across all web processes.

Each connection is a lease in Redis that its web process renews; the leases of a killed process expire. While Redis is
down, every connection is allowed.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import uuid4

import structlog
from django.conf import settings
from redis.exceptions import RedisError

from apps.generation.errors import TooManyConnections
from apps.stores.per_loop import PerLoop
from apps.stores.redis import async_client, script, sync_client

logger = structlog.get_logger(__name__)

LEASE_SECONDS = 30.0
RENEW_SECONDS = 10.0
EVERYBODY = "workbench:{streams}:all"
HOWEVER_MANY = 0


def keys(person_id: int) -> list[str]:
    return [f"workbench:{{streams}}:person:{person_id}", EVERYBODY]


class LiveConnections:
    """The live connections of one event loop."""

    def __init__(self) -> None:
        self._client = async_client()
        self._held: dict[str, int] = {}
        self._renewing: asyncio.Task[None] | None = None
        self._freeing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def hold_for(self, person_id: int) -> AsyncGenerator[None]:
        """Hold one live connection for the person. Raises ``TooManyConnections`` at the limit."""
        connection = uuid4().hex
        await self._take(person_id, connection)
        self._held[connection] = person_id
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._renew_forever())
        try:
            yield
        finally:
            del self._held[connection]
            # In a task of its own: the present task is often being cancelled and cannot wait for Redis.
            task = asyncio.create_task(self._free(person_id, connection))
            self._freeing.add(task)
            task.add_done_callback(self._freeing.discard)

    async def check_limit_for(self, person_id: int) -> None:
        """Raise ``TooManyConnections`` at the limit, for responses that need a status before they stream."""
        try:
            taken = await self._client.zcount(keys(person_id)[0], time.time(), "+inf")
        except (RedisError, OSError):
            return
        if taken >= settings.STREAMS_PER_PERSON:
            raise TooManyConnections(settings.STREAMS_PER_PERSON)

    async def close(self) -> None:
        """Stop renewing, and close the connections."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)
        await asyncio.gather(*self._freeing, return_exceptions=True)
        await self._client.aclose()

    async def _take(self, person_id: int, connection: str) -> None:
        most = settings.STREAMS_PER_PERSON
        try:
            taken = await cast("Awaitable[int]", _hold(self._client, person_id, connection, most))
        except (RedisError, OSError) as error:
            logger.warning("live connections not counted", error=type(error).__name__)
            return
        if not taken:
            raise TooManyConnections(most)

    async def _free(self, person_id: int, connection: str) -> None:
        try:
            async with self._client.pipeline(transaction=False) as pipeline:
                for key in keys(person_id):
                    pipeline.zrem(key, connection)
                await pipeline.execute()
        except (RedisError, OSError) as error:
            logger.warning("connection not freed before its lease ends", error=type(error).__name__)

    async def _renew_forever(self) -> None:
        while self._held:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                async with self._client.pipeline(transaction=False) as pipeline:
                    for connection, person_id in self._held.items():
                        _hold(pipeline, person_id, connection, HOWEVER_MANY)
                    await pipeline.execute()
            except (RedisError, OSError) as error:
                logger.warning("live connections not renewed", error=type(error).__name__)


def _hold(client: Any, person_id: int, connection: str, most: int) -> Any:
    return client.eval(
        script("apps.generation.log.scripts", "hold_connection"), 2, *keys(person_id), most, LEASE_SECONDS, connection
    )


def count_live_connections() -> int:
    """Count everybody's live connections."""
    return sync_client().zcount(EVERYBODY, time.time(), "+inf")


live_connections = PerLoop(LiveConnections)
