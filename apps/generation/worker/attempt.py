"""One worker's try at a generation, in its event loop."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from apps.generation.log.frames import text_header
from apps.generation.log.store import keys
from apps.generation.request_record import RequestRecord, RequestRecords
from apps.inference.context import Cut
from apps.inference.errors import InferenceError
from apps.inference.logprobs import ScoredToken
from apps.inference.prompts import Order


class StopReason(StrEnum):
    """The reason to stop an attempt before its stream ends."""

    CANCELLED = "cancelled"  # somebody pressed Stop
    LOST = "lost"  # another attempt holds the generation, or it has ended
    HANDOVER = "handover"  # this worker is shutting down
    OVERLOADED = "overloaded"  # every server for the generation is busy: it goes back to the queue
    UNSERVED = "unserved"  # every server for the generation is down: it goes back to the queue, for a while


@dataclass(slots=True, eq=False)
class Attempt:
    """One worker's try at a generation: the text so far, and how much of it is stored.

    Lives in the worker's event loop. Offsets count code points: ``appended`` are in the log, ``saved`` in Postgres.
    ``tokens`` counts the reply's tokens. ``left_out`` counts the messages left out of the prompt; ``None`` until known.
    ``cut`` is what was left out of a document, ``order`` that of its infilling prompt.
    ``sent`` holds the request records of all attempts; ``sent_saved``: Postgres has these records.
    ``holder`` holds the slot on the endpoint ``endpoint_id``. That endpoint had failed ``failures`` times in a row when
    it was asked at ``asked_at`` (loop time); ``asked_at`` is ``None`` once the endpoint has sent something.
    """

    generation_id: UUID
    number: int
    appended: int = 0
    saved: int = 0
    length: int = 0
    tokens: int = 0
    left_out: int | None = None
    cut: Cut = field(default_factory=Cut)
    order: Order | None = None
    sent: RequestRecords = field(default_factory=list)
    sent_saved: bool = True
    holder: UUID = field(default_factory=uuid4)
    endpoint_id: UUID | None = None
    failures: int = 0
    asked_at: float | None = None
    first_token_at: datetime | None = None
    stopped: StopReason | None = None
    dropped: InferenceError | None = None
    scored: list[ScoredToken] | None = None
    _text: list[str] = field(default_factory=list)
    _unappended: list[str] = field(default_factory=list)
    _unsaved: list[str] = field(default_factory=list)
    _flushed: asyncio.Event = field(default_factory=asyncio.Event)
    began_in_log: bool = False
    log_keys: list[str] = field(init=False)
    _task: "asyncio.Task[object] | None" = None

    def __post_init__(self) -> None:
        self.log_keys = keys(self.generation_id)

    @classmethod
    def resumed(cls, generation_id: UUID, *, attempt: int, text: str, saved: int) -> "Attempt":
        """Return an attempt that continues ``text``; Postgres has its first ``saved`` code points."""
        resumed = cls(generation_id, attempt, appended=len(text), saved=saved, length=len(text))
        resumed._text.append(text)
        if text[saved:]:
            resumed._unsaved.append(text[saved:])
        return resumed

    def bind(self, task: "asyncio.Task[object]") -> None:
        """Name the task that ``stop`` cancels. If the attempt was stopped already, cancel it at once."""
        self._task = task
        self.dropped = None
        if self.stopped is not None:
            task.cancel()

    def drop_stream(self, error: InferenceError) -> None:
        """End the current stream as if the server had failed with ``error``."""
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
        """Return the text that the log lacks. Call ``mark_appended`` once it is there."""
        whole = "".join(self._unappended)
        self._unappended = [whole] if whole else []
        return whole

    def append_values(self, text: str) -> tuple[int, int, int, bytes, bytes, int, str]:
        """Return the append scripts' arguments for ``text``: attempt, offsets, header, text, tokens, first token."""
        data, end = text.encode(), self.appended + len(text)
        began = "" if self.began_in_log or self.first_token_at is None else self.first_token_at.isoformat()
        header = text_header(self.generation_id.bytes, self.appended, len(data))
        return self.number, self.appended, end, header, data, self.tokens, began

    def mark_appended(self, text: str) -> None:
        self.appended += len(text)
        self.began_in_log = self.first_token_at is not None
        rest = self.unappended()[len(text) :]
        self._unappended = [rest] if rest else []
        if not rest:
            self._flushed.set()

    def unsaved(self) -> str:
        """Return the text that Postgres lacks. Call ``mark_saved`` once it is there."""
        whole = "".join(self._unsaved)
        self._unsaved = [whole] if whole else []
        return whole

    def mark_saved(self, text: str, sent: RequestRecords | None = None) -> None:
        self.saved += len(text)
        self.sent_saved = self.sent_saved or self.sent is sent
        rest = self.unsaved()[len(text) :]
        self._unsaved = [rest] if rest else []

    def note_sent(self, sent: RequestRecord) -> None:
        self.sent = sent.added_to(self.sent)
        self.sent_saved = False

    def stop(self, reason: StopReason) -> None:
        """End the stream and close its connection to the model server. The first reason counts."""
        if self.stopped is None:
            self.stopped = reason
            self._flushed.set()
            if self._task is not None:
                self._task.cancel()

    async def wait_until_appended(self) -> None:
        """Return when the log has all the text, or the attempt was stopped."""
        while self._unappended and self.stopped is None:
            self._flushed.clear()
            await self._flushed.wait()
