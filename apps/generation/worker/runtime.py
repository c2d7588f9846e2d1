"""The asyncio side of a worker process: one event loop for all its streams, Redis and timers.

Celery's threads hand coroutines over with ``Runtime.call`` and wait.
"""

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

import aiohttp
import redis.asyncio
import structlog
import uvloop
from django.conf import settings
from redis.exceptions import RedisError

from apps.endpoints.security.networks import is_allowed_address
from apps.endpoints.slots import renew_slots
from apps.generation.log.store import CANCEL_CHANNEL
from apps.generation.selectors import is_held
from apps.generation.services.checkpoint import Checkpoint, save_checkpoints
from apps.generation.worker.attempt import Attempt, StopReason
from apps.generation.worker.hang_watch import drop_hanging_streams
from apps.generation.worker.log_writer import LogWriter
from apps.generation.worker_identity import WORKERS_KEY, own_name
from apps.inference.http.connection import open_session
from apps.stores.listener import Listener
from apps.stores.redis import async_client
from apps.stores.threads import in_thread

logger = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = 2.0


class Runtime:
    """``start`` runs the loop in its own thread; ``drain`` gives all generations back; ``stop`` ends the loop."""

    redis: "redis.asyncio.Redis"
    http: aiohttp.ClientSession
    log_writer: LogWriter

    def __init__(self) -> None:
        self.name = own_name()
        self.draining = False
        self._attempts: dict[UUID, Attempt] = {}
        self._asides: set[asyncio.Task[Any]] = set()
        self._loop = uvloop.new_event_loop()
        self._ready = threading.Event()
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=self._run_loop, name="streams", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._ready.wait()

    def call[T](self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run ``coroutine`` in the loop; the calling thread waits."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def call_aside[T](self, coroutine: Coroutine[Any, Any, T]) -> T | None:
        """Run ``coroutine`` like ``call``, but give up with ``None`` as soon as this worker holds a generation."""
        return self.call(self._aside(coroutine))

    def drain(self) -> None:
        """Take no new generation. Stop the current ones so that other workers continue them."""
        self.draining = True
        self._loop.call_soon_threadsafe(self._hand_over)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(timeout=5)

    def hold(self, attempt: Attempt) -> None:
        """Checkpoint ``attempt``, renew its lease and slot, and pass on cancellations, until ``let_go``."""
        if earlier := self._attempts.get(attempt.generation_id):
            earlier.stop(StopReason.LOST)  # the earlier attempt has not learnt of its end yet
        self._attempts[attempt.generation_id] = attempt
        self._leave_asides()
        if self.draining:
            attempt.stop(StopReason.HANDOVER)

    def let_go(self, attempt: Attempt) -> None:
        if self._attempts.get(attempt.generation_id) is attempt:
            del self._attempts[attempt.generation_id]

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._main())

    async def _main(self) -> None:
        self.redis = async_client()
        self.http = open_session(is_allowed_address)
        self.log_writer = LogWriter(self.redis, in_thread(is_held))
        # A missed cancellation is noticed with the next token or checkpoint.
        cancellations = Listener(CANCEL_CHANNEL, hear=self._cancel, missed=lambda _: None)
        background = [
            asyncio.create_task(self.log_writer.run_forever()),
            asyncio.create_task(self._checkpoint_forever()),
            asyncio.create_task(cancellations.run_forever()),
            asyncio.create_task(self._report_forever()),
            asyncio.create_task(drop_hanging_streams(self._attempts.values)),
        ]
        for task in background:
            task.add_done_callback(_end_worker_if_broken)
        self._ready.set()
        await self._stopping.wait()
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        with contextlib.suppress(RedisError):
            await self.redis.zrem(WORKERS_KEY, self.name)
        await cancellations.close()
        await self.http.close()
        await self.redis.aclose()

    async def _aside[T](self, coroutine: Coroutine[Any, Any, T]) -> T | None:
        if self._attempts or self.draining:
            coroutine.close()
            return None
        task = asyncio.create_task(coroutine)
        self._asides.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            return None
        finally:
            self._asides.discard(task)

    def _leave_asides(self) -> None:
        for task in self._asides:
            task.cancel()

    def _hand_over(self) -> None:
        self._leave_asides()
        for attempt in list(self._attempts.values()):
            attempt.stop(StopReason.HANDOVER)

    async def _report_forever(self) -> None:
        """Report every two seconds that this loop is alive, for ``/readyz/worker``."""
        while True:
            try:
                await self.redis.zadd(WORKERS_KEY, {self.name: time.time()})
                await self.redis.zremrangebyscore(WORKERS_KEY, 0, time.time() - 60)
            except (RedisError, OSError) as error:
                logger.warning("heartbeat not sent", error=type(error).__name__)
            await asyncio.sleep(HEARTBEAT_SECONDS)

    async def _checkpoint_forever(self) -> None:
        while True:
            await asyncio.sleep(settings.GENERATION_CHECKPOINT_SECONDS)
            attempts = list(self._attempts.values())
            if not attempts:
                continue
            await self._renew_slots(attempts)
            checkpoints = [_checkpoint(attempt) for attempt in attempts]
            try:
                held = await in_thread(save_checkpoints)(checkpoints)
            except Exception as error:  # noqa: BLE001 - Postgres may be away for a while; streams go on
                logger.warning("checkpoint not saved", error=type(error).__name__)
                continue
            for attempt, checkpoint in zip(attempts, checkpoints, strict=True):
                if checkpoint.generation_id in held:
                    attempt.mark_saved(checkpoint.text, checkpoint.sent)
                else:
                    attempt.stop(StopReason.LOST)

    async def _renew_slots(self, attempts: list[Attempt]) -> None:
        slots: dict[UUID, list[UUID]] = {}
        for attempt in attempts:
            if attempt.endpoint_id is not None:
                slots.setdefault(attempt.endpoint_id, []).append(attempt.holder)
        try:
            await asyncio.to_thread(renew_slots, slots)
        except (RedisError, OSError) as error:
            logger.warning("slots not renewed", error=type(error).__name__)

    def _cancel(self, message: bytes) -> None:
        if attempt := self._attempts.get(UUID(message.decode())):
            attempt.stop(StopReason.CANCELLED)


def _checkpoint(attempt: Attempt) -> Checkpoint:
    sent = None if attempt.sent_saved else attempt.sent
    return Checkpoint(
        attempt.generation_id,
        attempt.number,
        attempt.saved,
        attempt.unsaved(),
        attempt.first_token_at,
        attempt.left_out,
        sent,
    )


def _end_worker_if_broken(task: "asyncio.Task[None]") -> None:
    """End the process. Without this task the worker would hold generations and never write their text."""
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.critical("the worker is broken and ends", exc_info=error)
        os._exit(1)
