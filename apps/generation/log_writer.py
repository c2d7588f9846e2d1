"""Writes the tokens of all runs of a worker to their event logs, one round trip at a time.

While a round trip is under way, tokens gather: the busier Redis or the worker is, the larger the batches grow.
"""

import asyncio
from collections.abc import Sequence
from typing import cast

import redis.asyncio
import structlog
from redis.exceptions import NoScriptError, RedisError

from apps.generation import event_log
from apps.generation.errors import LogUnavailable
from apps.generation.runs import Run, StopReason

logger = structlog.get_logger(__name__)

FIRST_PAUSE = 0.05  # seconds
LONGEST_PAUSE = 2.0


class LogWriter:
    """Appends to many logs with one command per round trip. ``run_forever`` is its task."""

    def __init__(self, client: "redis.asyncio.Redis") -> None:
        self._client = client
        self._dirty: set[Run] = set()
        self._work = asyncio.Event()
        self._append = ""

    def append(self, run: Run, text: str) -> None:
        """Take ``text`` for the log; it is written soon, in order."""
        run.add(text)
        self._dirty.add(run)
        self._work.set()

    async def run_forever(self) -> None:
        pause = FIRST_PAUSE
        while True:
            await self._work.wait()
            self._work.clear()
            batch = [run for run in self._dirty if run.stopped is None]
            self._dirty.clear()
            try:
                await self._write(batch)
                pause = FIRST_PAUSE
            except (RedisError, OSError) as error:
                # Nothing is lost: the runs keep their text, and a repeated append is recognised by its offset.
                logger.warning("event log not reachable", error=type(error).__name__, retry_in=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                self._dirty.update(batch)
                self._work.set()

    async def _write(self, batch: Sequence[Run]) -> None:
        texts = [run.unappended() for run in batch]
        if not batch:
            return
        if not self._append:
            self._append = await self._client.script_load(event_log.script("append"))
        try:
            answers = await self._append_all(batch, texts)
        except NoScriptError:  # Redis was restarted
            self._append = ""
            raise
        for run, text, answer in zip(batch, texts, answers, strict=True):
            await self._settle(run, text, answer)

    async def _append_all(self, batch: Sequence[Run], texts: Sequence[str]) -> list[bytes]:
        keys: list[str] = []
        values: list[str | int] = []
        for run, text in zip(batch, texts, strict=True):
            keys += event_log.keys(run.generation_id)
            began = run.first_token_at.isoformat() if run.first_token_at else ""
            values += (run.attempt, run.appended, run.appended + len(text), text, run.tokens, began)
        return cast("list[bytes]", await self._client.evalsha(self._append, len(keys), *keys, *values))

    async def _settle(self, run: Run, text: str, answer: bytes) -> None:
        if answer == b"ok":
            run.mark_appended(text)
        elif answer in (b"missing", b"gap"):
            await self._restore(run)
        else:
            run.stop(StopReason.CANCELLED if answer == b"ended" else StopReason.LOST)

    async def _restore(self, run: Run) -> None:
        """Redis lost the log: make it anew from the text that this worker has."""
        whole = run.text
        try:
            await event_log.open_log(self._client, run.generation_id, attempt=run.attempt, checkpoint=whole)
        except LogUnavailable:
            run.stop(StopReason.LOST)
            return
        run.mark_appended(run.unappended())
        logger.info("event log restored", generation=str(run.generation_id), length=len(whole))
