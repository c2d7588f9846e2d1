"""Listen to one Redis channel, in one event loop, through every restart of Redis."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog
from redis.exceptions import TimeoutError as NoAnswer

from apps.stores.single_connection import SILENT, Subscription

logger = structlog.get_logger(__name__)

QUIET_SECONDS = 10.0  # seconds of silence before a ping, and again before Redis counts as gone
RETRY_SECONDS = 0.25
LONGEST_WAIT = 5.0  # seconds that a new reader waits for Redis


class Listener:
    """``hear`` gets each message. After a reconnection, ``missed`` gets the time of the earliest possible loss."""

    def __init__(self, channel: str, *, hear: Callable[[bytes], None], missed: Callable[[datetime], None]) -> None:
        self._channel = channel
        self._hear = hear
        self._missed = missed
        self._subscribed = asyncio.Event()
        self._heard_at: datetime | None = None
        self._task: asyncio.Task[None] | None = None

    async def ready(self) -> None:
        """Return once the channel is subscribed. Raises ``RedisError`` while Redis is away."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self.run_forever())
        if not self._subscribed.is_set():
            try:
                async with asyncio.timeout(LONGEST_WAIT):
                    await self._subscribed.wait()
            except TimeoutError as error:
                raise NoAnswer(SILENT) from error

    async def close(self) -> None:
        """Stop listening and close the connection."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def run_forever(self) -> None:
        """Listen, and reconnect after any error."""
        while True:
            try:
                await self._listen()
            except Exception as error:  # noqa: BLE001 - readers still need the channel
                logger.warning("channel connection lost", channel=self._channel, error=type(error).__name__)
            self._subscribed.clear()
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        subscription = Subscription(self._channel)
        try:
            await subscription.open()
            await self._hear_all(subscription)
        finally:
            await subscription.close()

    async def _hear_all(self, subscription: Subscription) -> None:
        """Hear messages until the connection ends. One timer watches for silence: one per message costs more."""
        now = asyncio.get_running_loop().time
        heard_at, is_pinged = now(), False
        while True:
            try:
                async with asyncio.timeout_at(heard_at + QUIET_SECONDS):
                    while True:
                        self._take(await subscription.read())
                        heard_at, is_pinged = now(), False
            except TimeoutError:
                if now() < heard_at + QUIET_SECONDS:
                    continue
                if is_pinged:
                    raise
                await subscription.ping()
                heard_at, is_pinged = now(), True

    def _take(self, message: list[Any]) -> None:
        if message[0] == b"message":
            self._hear(message[2])
        elif message[0] == b"subscribe":
            self._subscribe()
        self._heard_at = datetime.now(UTC)

    def _subscribe(self) -> None:
        if self._heard_at is not None:
            self._missed(self._heard_at)
        self._subscribed.set()
