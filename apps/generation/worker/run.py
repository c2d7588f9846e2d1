"""The generations that this worker process is streaming right now."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from apps.generation.request_record import Sent, SentList
from apps.inference.errors import InferenceError


class StopReason(StrEnum):
    """Why a run was told to stop before its stream ended."""

    CANCELLED = "cancelled"  # somebody pressed Stop
    LOST = "lost"  # another attempt holds the generation, or it has ended
    HANDOVER = "handover"  # this worker is shutting down
    OVERLOADED = "overloaded"  # no server takes it at the moment: back to the queue
    UNSERVED = "unserved"  # every server for it is down: back to the queue, for a while


@dataclass(slots=True, eq=False)
class Run:
    """One attempt at one generation: the text so far, and how far the log and the checkpoint have it.

    Lives in the worker's event loop only. Offsets count code points. ``appended`` is in the log; ``saved`` is in
    Postgres. ``tokens`` counts the reply's tokens, ``left_out`` the earlier messages that the model was not told,
    ``None`` until that is known; ``sent`` is what went to which model server, earlier attempts included, and
    ``sent_saved`` whether Postgres has it.
    ``holder`` is who has the place on the model server ``endpoint_id``, which had failed ``failures`` times in a row
    when it was asked, at ``asked_at`` by the loop's clock; ``None`` once it has sent something.
    """

    generation_id: UUID
    attempt: int
    appended: int = 0
    saved: int = 0
    length: int = 0
    tokens: int = 0
    left_out: int | None = None
    sent: SentList = field(default_factory=list)
    sent_saved: bool = True
    holder: UUID = field(default_factory=uuid4)
    endpoint_id: UUID | None = None
    failures: int = 0
    asked_at: float | None = None
    first_token_at: datetime | None = None
    stopped: StopReason | None = None
    dropped: InferenceError | None = None
    _text: list[str] = field(default_factory=list)
    _unappended: list[str] = field(default_factory=list)
    _unsaved: list[str] = field(default_factory=list)
    _flushed: asyncio.Event = field(default_factory=asyncio.Event)
    _task: "asyncio.Task[object] | None" = None

    @classmethod
    def resumed(cls, generation_id: UUID, *, attempt: int, text: str, saved: int) -> "Run":
        """A run that continues ``text``, of which the log has all and Postgres the first ``saved`` code points."""
        run = cls(generation_id, attempt, appended=len(text), saved=saved, length=len(text))
        run._text.append(text)
        if text[saved:]:
            run._unsaved.append(text[saved:])
        return run

    def bind(self, task: "asyncio.Task[object]") -> None:
        """Name the task that ``stop`` cancels; a run that was stopped before cancels it at once."""
        self._task = task
        self.dropped = None
        if self.stopped is not None:
            task.cancel()

    def drop_stream(self, error: InferenceError) -> None:
        """End the present stream as if the server had ended it with ``error``."""
        if self._task is not None and self.stopped is None:
            self.dropped = error
            self._task.cancel()

    def add(self, text: str) -> None:
        if self.first_token_at is None:
            self.first_token_at = datetime.now(UTC)
        self.length += len(text)
        self._text.append(text)
        self._unappended.append(text)
        self._unsaved.append(text)
        self._flushed.clear()

    @property
    def text(self) -> str:
        whole = "".join(self._text)
        self._text = [whole]
        return whole

    def unappended(self) -> str:
        """What the log does not have yet; call ``mark_appended`` once it has."""
        whole = "".join(self._unappended)
        self._unappended = [whole] if whole else []
        return whole

    def mark_appended(self, text: str) -> None:
        self.appended += len(text)
        rest = self.unappended()[len(text) :]
        self._unappended = [rest] if rest else []
        if not rest:
            self._flushed.set()

    def unsaved(self) -> str:
        """What Postgres does not have yet; call ``mark_saved`` once it has."""
        whole = "".join(self._unsaved)
        self._unsaved = [whole] if whole else []
        return whole

    def mark_saved(self, text: str, sent: SentList | None = None) -> None:
        self.saved += len(text)
        self.sent_saved = self.sent_saved or self.sent is sent
        rest = self.unsaved()[len(text) :]
        self._unsaved = [rest] if rest else []

    def note_sent(self, sent: Sent) -> None:
        self.sent = sent.added_to(self.sent)
        self.sent_saved = False

    def stop(self, reason: StopReason) -> None:
        """End the stream, which closes the connection to the model server. The first reason counts."""
        if self.stopped is None:
            self.stopped = reason
            self._flushed.set()
            if self._task is not None:
                self._task.cancel()

    async def wait_until_appended(self) -> None:
        """Return when the log has all the text, or the run was stopped."""
        while self._unappended and self.stopped is None:
            self._flushed.clear()
            await self._flushed.wait()
