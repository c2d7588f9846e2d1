"""Follow event logs for the readers of a web process.

One task per event loop hears what all logs publish and hands each frame to the readers of its generation. A reader
takes all frames that have gathered at once. A slow reader costs bounded memory: beyond a backlog it reads the log
itself. So does a reader that finds a gap in the offsets.
"""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from apps.generation.log import store
from apps.generation.log.entries import Ended, Events, GapInLog, StateEntry, facts_of
from apps.generation.log.frames import CHANNEL, Frame, Kind, frames_of
from apps.generation.models import Generation, State
from apps.stores.listener import Listener
from apps.stores.per_loop import PerLoop
from apps.stores.redis import async_client
from apps.stores.threads import in_thread

if TYPE_CHECKING:
    import redis.asyncio

LONGEST_BACKLOG = 1000  # frames held for a reader that is busy
QUIET_SECONDS = 15.0  # without a frame, a reader asks Postgres whether the generation is over


class LogReader:
    """Entries that one reader has not taken yet."""

    def __init__(self, generation_id: UUID, offset: int) -> None:
        self.generation_id = generation_id
        self.offset = offset
        self._states = 0
        self._frames: list[Frame] = []
        self._is_in_doubt = False
        self._waiter: asyncio.Future[bool] | None = None
        self._waiting_since = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def put(self, frame: Frame) -> None:
        """Hold a frame until it is taken."""
        if len(self._frames) >= LONGEST_BACKLOG:
            self.look_again()
        else:
            self._frames.append(frame)
            self._wake()

    def look_again(self) -> None:
        """Read from the log next: frames may be missing."""
        self._frames.clear()
        self._is_in_doubt = True
        self._wake()

    def close(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()

    async def read(self, client: "redis.asyncio.Redis") -> Events:
        """Return what the log holds beyond the reader's offset."""
        snapshot = await store.read_snapshot(client, self.generation_id, after=self.offset)
        self._states = snapshot.states
        self.offset = snapshot.events.offset_after
        return snapshot.events

    async def take(self, client: "redis.asyncio.Redis") -> Events | None:
        """Wait for frames and return what is new in them; ``None`` after ``QUIET_SECONDS`` without any.

        Returns ``None`` too if the log was read in doubt and held nothing new.
        """
        if not self._frames and not self._is_in_doubt and not await self._wait():
            return None
        frames, self._frames = self._frames, []
        is_in_doubt, self._is_in_doubt = self._is_in_doubt, False
        if not is_in_doubt:
            try:
                return self.join(frames)
            except GapInLog:
                pass
        return await self.read(client) or None

    async def _wait(self) -> bool:
        """Wait for frames or doubt; return ``False`` if nothing comes. One timer costs less than a timer per frame."""
        loop = asyncio.get_running_loop()
        self._waiter, self._waiting_since = loop.create_future(), loop.time()
        if self._timer is None:
            self._watch(loop)
        try:
            return await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(True)

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """End a wait that has lasted ``QUIET_SECONDS``. Look again when the present wait may have lasted as long."""
        now = loop.time()
        if self._waiter is not None and now >= self._waiting_since + QUIET_SECONDS:
            if not self._waiter.done():
                self._waiter.set_result(False)
            self._waiting_since = now
        quiet_at = (now if self._waiter is None else self._waiting_since) + QUIET_SECONDS
        self._timer = loop.call_at(quiet_at, self._watch, loop)

    def join(self, frames: list[Frame]) -> Events:
        """Join frames into one. Raises ``GapInLog`` if text is missing before them."""
        texts: list[str] = []
        reached, states = self.offset, self._states
        entry: StateEntry | None = None
        ended: Ended | None = None
        is_writing = False
        for frame in frames:
            match frame.kind:
                case Kind.TEXT:
                    if frame.number > reached:
                        raise GapInLog(reached, frame.number)
                    if text := frame.payload[reached - frame.number :]:
                        texts.append(text)
                        reached += len(text)
                        is_writing = True
                case Kind.STATE if frame.number > states:
                    states = frame.number
                    entry = StateEntry.decode(frame.payload)
                    is_writing = False
                case Kind.END:
                    if frame.number > reached:
                        raise GapInLog(reached, frame.number)
                    ended = Ended.decode(frame.payload)
        events = Events(self.offset, "".join(texts), ended=ended, is_writing=is_writing, **facts_of(entry))
        self.offset, self._states = reached, states
        return events


class Follower:
    """Hands what logs publish to their readers, in one event loop."""

    def __init__(self) -> None:
        self.client = async_client()
        self._readers: dict[bytes, set[LogReader]] = {}
        self._listener = Listener(CHANNEL, hear=self._hear, missed=self._look_again)

    async def follow(self, generation_id: UUID, *, after: int) -> AsyncGenerator[Events]:
        """Yield at once what the log has beyond ``after``, then every piece of news up to the end."""
        reader = LogReader(generation_id, after)
        # Listen first: frames published while the log is read are then dropped by their offset instead of missed.
        await self._listener.ready()
        self._readers.setdefault(generation_id.bytes, set()).add(reader)
        try:
            events = await reader.read(self.client)
            if events:
                yield events
            while events.ended is None:
                taken = await reader.take(self.client)
                events = await _end_in_postgres(generation_id, reader.offset) if taken is None else taken
                if events:
                    yield events
        finally:
            self._leave(reader)

    async def close(self) -> None:
        """Stop listening and close the connections."""
        await self._listener.close()
        await self.client.aclose()

    def _leave(self, reader: LogReader) -> None:
        readers = self._readers.get(reader.generation_id.bytes, set())
        readers.discard(reader)
        reader.close()
        if not readers:
            self._readers.pop(reader.generation_id.bytes, None)

    def _hear(self, message: bytes) -> None:
        for frame in frames_of(message, self._readers):
            for reader in self._readers[frame.generation]:
                reader.put(frame)

    def _look_again(self, since: datetime) -> None:  # noqa: ARG002
        """Redis was down: frames were missed, logs may be lost, and ends may not have got into them."""
        for readers in self._readers.values():
            for reader in readers:
                reader.look_again()


@in_thread
def _end_in_postgres(generation_id: UUID, offset: int) -> Events:
    """Return the end of a generation whose log is silent, with the text from ``offset``; empty if it is not over."""
    generation = Generation.objects.filter(pk=generation_id).first()
    if generation is None:
        return Events(offset, ended=Ended(state=State.CANCELLED))
    if not generation.is_over:
        return Events(offset)
    return Events(offset, text=generation.text[offset:], ended=Ended.of(generation))


follower = PerLoop(Follower)
