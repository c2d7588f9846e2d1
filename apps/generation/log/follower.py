"""Follows event logs for the readers of a web process.

One task per event loop reads all followed logs with a single blocking XREAD; each reader takes what has gathered for
it as one. A reader that does not take its share costs a bounded amount of memory: what does not fit is dropped and
read again from the log when the reader comes for it.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any, cast
from uuid import UUID
from weakref import WeakKeyDictionary

import redis.asyncio
import structlog
from redis.exceptions import RedisError

from apps.generation.log import store
from apps.generation.log.entries import Ended, Events, GapInLog, RawEntry, decode
from apps.generation.models import Generation, State
from apps.stores.redis import async_client
from apps.stores.threads import in_thread

logger = structlog.get_logger(__name__)

LONGEST_BACKLOG = 1000  # log entries held for a reader that is busy
BLOCK_MILLISECONDS = 5_000  # well under the client's socket timeout
QUIET_SECONDS = 15.0  # without an entry, a reader asks Postgres whether the generation is over
RETRY_SECONDS = 0.25
# A read costs as much as it has logs to ask for: the more there are, the more of their entries should come at once.
PAUSE_PER_LOG = 0.0002  # seconds
LONGEST_PAUSE = 0.02
FIRST_ID = "0-0"

type Streams = list[tuple[bytes, list[RawEntry]]]


class Reader:
    """What one reader has not taken yet."""

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self._entries: list[RawEntry] = []
        self._overrun = False
        self._arrived = asyncio.Event()

    def put(self, entries: list[RawEntry]) -> None:
        if len(self._entries) + len(entries) > LONGEST_BACKLOG:
            self._entries.clear()
            self._overrun = True
        else:
            self._entries.extend(entries)
        self._arrived.set()

    def look_again(self) -> None:
        """What came may not be all: read the log from here on, and where that says nothing, ask Postgres."""
        self._entries.clear()
        self._overrun = True
        self._arrived.set()

    async def take(self, client: "redis.asyncio.Redis", generation_id: UUID) -> Events | None:
        """Wait for entries and return what is new in them; ``None`` after ``QUIET_SECONDS`` without any.

        ``None`` too where the log was looked through in doubt and had nothing new.
        """
        try:
            async with asyncio.timeout(QUIET_SECONDS):
                await self._arrived.wait()
        except TimeoutError:
            return None
        self._arrived.clear()
        entries, self._entries = self._entries, []
        overrun, self._overrun = self._overrun, False
        if not overrun:
            with contextlib.suppress(GapInLog):
                return self._advance(decode(entries, after=self.offset))
        return self._advance(await store.read_log_async(client, generation_id, after=self.offset)) or None

    def _advance(self, events: Events) -> Events:
        self.offset = events.offset_after
        return events


class Follower:
    """Reads the logs that have readers, for one event loop."""

    def __init__(self) -> None:
        self.client = async_client()
        self._readers: dict[UUID, set[Reader]] = {}
        self._last_ids: dict[UUID, bytes | str] = {}
        self._task: asyncio.Task[None] | None = None
        self._blocked_id: int | None = None

    async def follow(self, generation_id: UUID, *, after: int) -> AsyncGenerator[Events]:
        """Yield what the log has beyond ``after`` at once, then what arrives, until the end has been yielded."""
        reader = Reader(after)
        try:
            await self._join(generation_id, reader)
            backlog = await store.read_log_async(self.client, generation_id, after=after)
            reader.offset = backlog.offset_after
            if backlog:
                yield backlog
            ended = backlog.ended
            while ended is None:
                events = await reader.take(self.client, generation_id)
                if events is None:
                    events = await _end_in_postgres(generation_id, reader.offset)
                if events:
                    yield events
                ended = events.ended
        finally:
            self._leave(generation_id, reader)

    async def close(self) -> None:
        """Stop reading, and close the connections."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.client.aclose()

    async def _join(self, generation_id: UUID, reader: Reader) -> None:
        readers = self._readers.setdefault(generation_id, set())
        readers.add(reader)
        if generation_id not in self._last_ids:
            self._last_ids[generation_id] = f"{reader.offset}-0" if reader.offset else FIRST_ID
            await self._wake()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._read_forever())

    def _leave(self, generation_id: UUID, reader: Reader) -> None:
        readers = self._readers.get(generation_id, set())
        readers.discard(reader)
        if not readers:
            self._readers.pop(generation_id, None)
            self._last_ids.pop(generation_id, None)

    async def _wake(self) -> None:
        """Have the blocked XREAD return, so that it is asked again with the new log among its keys."""
        if self._blocked_id is not None:
            await self.client.client_unblock(self._blocked_id)

    async def _read_forever(self) -> None:
        was_away = False
        while self._last_ids:
            try:
                async with self.client.client() as connection:
                    self._blocked_id = await connection.client_id()
                    if was_away:
                        self._look_again()
                        was_away = False
                    while self._last_ids:
                        await self._read(connection)
                        await asyncio.sleep(min(PAUSE_PER_LOG * len(self._last_ids), LONGEST_PAUSE))
            except (RedisError, OSError) as error:
                logger.warning("event logs not reachable", error=type(error).__name__)
                was_away = True
                await asyncio.sleep(RETRY_SECONDS)
            finally:
                self._blocked_id = None

    def _look_again(self) -> None:
        """Redis was away: logs may have been made anew, with other ids, and ends may not have got into them."""
        for generation_id, readers in self._readers.items():
            offset = min(reader.offset for reader in readers)
            self._last_ids[generation_id] = f"{offset}-0" if offset else FIRST_ID
            for reader in readers:
                reader.look_again()

    async def _read(self, connection: "redis.asyncio.Redis") -> None:
        streams: dict[Any, Any] = {
            store.events_key(generation_id): last for generation_id, last in self._last_ids.items()
        }
        by_key = {store.events_key(generation_id).encode(): generation_id for generation_id in self._last_ids}
        answer = await connection.xread(streams, block=BLOCK_MILLISECONDS)
        for key, entries in _streams(answer):
            generation_id = by_key[key]
            if generation_id in self._last_ids and entries:
                self._last_ids[generation_id] = entries[-1][0]
            for reader in self._readers.get(generation_id, ()):
                reader.put(entries)


def _streams(answer: object) -> Streams:
    if not answer:
        return []
    if isinstance(answer, dict):  # RESP3
        return [(key, [entry for part in parts for entry in part]) for key, parts in answer.items()]
    return cast("Streams", answer)


@in_thread
def _end_in_postgres(generation_id: UUID, offset: int) -> Events:
    """The end of a generation whose log is gone, with the text from ``offset`` on; empty while it is not over."""
    generation = Generation.objects.filter(pk=generation_id).first()
    if generation is None:
        return Events(offset, ended=Ended(state=State.CANCELLED))
    if not generation.is_over:
        return Events(offset)
    return Events(offset, text=generation.text[offset:], ended=Ended.of(generation))


_followers: WeakKeyDictionary[asyncio.AbstractEventLoop, Follower] = WeakKeyDictionary()


def follower() -> Follower:
    """The follower of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _followers:
        _followers[loop] = Follower()
    return _followers[loop]
