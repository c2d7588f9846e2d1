"""Write the tokens of all attempts of a worker to their event logs.

One command carries the text of all attempts since the last command. At low load it is sent at once; the more attempts
a command carries, the longer the next command gathers.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, cast
from uuid import UUID

import structlog
from redis.exceptions import NoScriptError

from apps.generation.errors import LogUnavailable
from apps.generation.log import store
from apps.generation.log.frames import CHANNEL
from apps.generation.worker.attempt import Attempt, StopReason
from apps.inference.http.pace import Pace
from apps.stores.outages import STORE_AWAY
from apps.stores.single_connection import SingleConnection

if TYPE_CHECKING:
    import redis.asyncio

logger = structlog.get_logger(__name__)

FIRST_PAUSE = 0.05  # seconds, while Redis is down
LONGEST_PAUSE = 0.25
GATHER_PER_ATTEMPT = 0.002  # seconds
LONGEST_GATHER = 0.05
PACED_ATTEMPTS = 8  # with fewer, a stream gets less than a token while text gathers
TURNS = 3  # turns of the loop until the text of paused sockets is here: sockets are read, then their streams wake up

type IsHeld = Callable[[UUID, int], Awaitable[bool]]


class LogWriter:
    """Appends to many logs with one command. ``run_forever`` is its task.

    ``is_held`` says whether an attempt still holds its generation. It is called only if a log was lost.
    """

    def __init__(self, client: "redis.asyncio.Redis", is_held: IsHeld) -> None:
        self._client = client
        self._connection = SingleConnection()
        self._is_held = is_held
        self._dirty: set[Attempt] = set()
        self._work = asyncio.Event()
        self._urgent = asyncio.Event()
        self.pace = Pace()  # makes all streams read at once the bytes that came while text gathered
        self._append = ""

    def append(self, attempt: Attempt, text: str) -> None:
        """Take ``text``, which is soon written to the log, in order. A first token does not wait."""
        if not attempt.appended:
            self._urgent.set()
        attempt.add(text)
        self._dirty.add(attempt)
        self._work.set()

    async def run_forever(self) -> None:
        """Write what comes."""
        try:
            await self._write_forever()
        finally:
            self.pace.turn(on=False)
            await self._connection.close()

    async def _write_forever(self) -> None:
        pause = FIRST_PAUSE
        while True:
            if not self._work.is_set():
                self.pace.turn(on=False)  # otherwise paused streams would wait for a command that is never sent
                await self._work.wait()
            began = asyncio.get_running_loop().time()
            self._work.clear()
            self._urgent.clear()
            batch = [attempt for attempt in self._dirty if attempt.stopped is None]
            self._dirty.clear()
            try:
                await self._write(batch)
                pause = FIRST_PAUSE
            except (*STORE_AWAY, OSError) as error:
                # Nothing is lost: attempts keep their text, and a repeated append is recognised by its offset.
                self.pace.turn(on=False)
                logger.warning("event log not reachable", error=type(error).__name__, retry_in=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                self._dirty.update(batch)
                self._work.set()
            else:
                await self._gather(len(batch), began)

    async def _gather(self, attempts: int, began: float) -> None:
        """Let text gather until a first token comes: 2 ms per attempt of the last command, counted from ``began``."""
        self.pace.turn(on=attempts >= PACED_ATTEMPTS)
        if attempts <= 1:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout_at(began + min(GATHER_PER_ATTEMPT * attempts, LONGEST_GATHER)):
                await self._urgent.wait()
        if not self.pace.is_on:
            return
        self.pace.read_now()
        for _ in range(TURNS):
            await asyncio.sleep(0)

    async def _write(self, batch: Sequence[Attempt]) -> None:
        if not batch:
            return
        texts = [attempt.unappended() for attempt in batch]
        if not self._append:
            self._append = await self._client.script_load(store.script("append"))
        try:
            answers = await self._append_all(batch, texts)
        except NoScriptError:  # Redis was restarted
            self._append = await self._client.script_load(store.script("append"))
            answers = await self._append_all(batch, texts)
        settled = [self._settle(*written) for written in zip(batch, texts, answers, strict=True)]
        results = await asyncio.gather(*filter(None, settled), return_exceptions=True)
        if errors := [result for result in results if isinstance(result, BaseException)]:
            raise errors[0]

    async def _append_all(self, batch: Sequence[Attempt], texts: Sequence[str]) -> list[bytes]:
        keys: list[str] = []
        values: list[str | int | bytes] = [CHANNEL, store.SECONDS_WHILE_RUNNING]
        for attempt, text in zip(batch, texts, strict=True):
            keys += attempt.log_keys
            values += attempt.append_values(text)
        return cast("list[bytes]", await self._connection.execute("EVALSHA", self._append, len(keys), *keys, *values))

    def _settle(self, attempt: Attempt, text: str, answer: bytes) -> Awaitable[None] | None:
        if answer == b"ok":
            attempt.mark_appended(text)
        elif answer in (b"missing", b"gap"):
            return self._restore(attempt)
        else:
            attempt.stop(StopReason.CANCELLED if answer == b"ended" else StopReason.LOST)
        return None

    async def _restore(self, attempt: Attempt) -> None:
        """Restore a log that Redis lost from this worker's text, if the worker still holds the generation."""
        whole, pending = attempt.text, attempt.unappended()
        attempt.began_in_log = False
        if not await self._is_held(attempt.generation_id, attempt.number):
            attempt.stop(StopReason.LOST)  # otherwise a generation that has ended would go on
            return
        try:
            opened = await store.open_log(self._client, attempt.generation_id, attempt=attempt.number, checkpoint=whole)
        except LogUnavailable:
            attempt.stop(StopReason.LOST)
            return
        if len(opened.text) > len(whole):
            attempt.stop(StopReason.LOST)  # another attempt wrote meanwhile; the next one continues its text
            return
        attempt.mark_appended(pending)
        logger.info("event log restored", generation=str(attempt.generation_id), length=len(whole))
