"""Writes the tokens of all attempts of a worker to their event logs, one round trip at a time.

While a round trip is under way, tokens gather: the busier Redis or the worker is, the larger the batches grow.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import cast
from uuid import UUID

import redis.asyncio
import structlog
from redis.exceptions import NoScriptError

from apps.generation.errors import LogUnavailable
from apps.generation.log import store
from apps.generation.worker.attempt import Attempt, StopReason
from apps.stores.outages import STORE_AWAY

logger = structlog.get_logger(__name__)

FIRST_PAUSE = 0.05  # seconds
LONGEST_PAUSE = 0.25

type IsHeld = Callable[[UUID, int], Awaitable[bool]]


class LogWriter:
    """Appends to many logs with one command per round trip. ``run_forever`` is its task.

    ``is_held`` says whether an attempt still has its generation; it is asked only where a log was lost.
    """

    def __init__(self, client: "redis.asyncio.Redis", is_held: IsHeld) -> None:
        self._client = client
        self._is_held = is_held
        self._dirty: set[Attempt] = set()
        self._work = asyncio.Event()
        self._append = ""

    def append(self, attempt: Attempt, text: str) -> None:
        """Take ``text`` for the log; it is written soon, in order."""
        attempt.add(text)
        self._dirty.add(attempt)
        self._work.set()

    async def run_forever(self) -> None:
        pause = FIRST_PAUSE
        while True:
            await self._work.wait()
            self._work.clear()
            batch = [attempt for attempt in self._dirty if attempt.stopped is None]
            self._dirty.clear()
            try:
                await self._write(batch)
                pause = FIRST_PAUSE
            except (*STORE_AWAY, OSError) as error:
                # Nothing is lost: the attempts keep their text, and a repeated append is recognised by its offset.
                logger.warning("event log not reachable", error=type(error).__name__, retry_in=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                self._dirty.update(batch)
                self._work.set()

    async def _write(self, batch: Sequence[Attempt]) -> None:
        texts = [attempt.unappended() for attempt in batch]
        if not batch:
            return
        if not self._append:
            self._append = await self._client.script_load(store.script("append"))
        try:
            answers = await self._append_all(batch, texts)
        except NoScriptError:  # Redis was restarted
            self._append = await self._client.script_load(store.script("append"))
            answers = await self._append_all(batch, texts)
        settled = [
            self._settle(attempt, text, answer) for attempt, text, answer in zip(batch, texts, answers, strict=True)
        ]
        results = await asyncio.gather(*filter(None, settled), return_exceptions=True)
        if errors := [result for result in results if isinstance(result, BaseException)]:
            raise errors[0]

    async def _append_all(self, batch: Sequence[Attempt], texts: Sequence[str]) -> list[bytes]:
        keys: list[str] = []
        values: list[str | int] = []
        for attempt, text in zip(batch, texts, strict=True):
            keys += store.keys(attempt.generation_id)
            began = attempt.first_token_at.isoformat() if attempt.first_token_at else ""
            values += (attempt.number, attempt.appended, attempt.appended + len(text), text, attempt.tokens, began)
        return cast("list[bytes]", await self._client.evalsha(self._append, len(keys), *keys, *values))

    def _settle(self, attempt: Attempt, text: str, answer: bytes) -> Awaitable[None] | None:
        if answer == b"ok":
            attempt.mark_appended(text)
        elif answer in (b"missing", b"gap"):
            return self._restore(attempt)
        else:
            attempt.stop(StopReason.CANCELLED if answer == b"ended" else StopReason.LOST)
        return None

    async def _restore(self, attempt: Attempt) -> None:
        """Redis lost the log: make it anew from the text that this worker has, if the generation is still its own."""
        whole, pending = attempt.text, attempt.unappended()
        if not await self._is_held(attempt.generation_id, attempt.number):
            attempt.stop(StopReason.LOST)  # or what has ended would go on
            return
        try:
            in_log = await store.open_log(self._client, attempt.generation_id, attempt=attempt.number, checkpoint=whole)
        except LogUnavailable:
            attempt.stop(StopReason.LOST)
            return
        if len(in_log) > len(whole):
            attempt.stop(StopReason.LOST)  # somebody else wrote meanwhile; the next attempt goes on from there
            return
        attempt.mark_appended(pending)
        logger.info("event log restored", generation=str(attempt.generation_id), length=len(whole))
