"""The entries of an event log, as readers see them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

from apps.generation.models import Generation, State

type Fields = Mapping[bytes, bytes]
type RawEntry = tuple[bytes, Fields]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a generation ended."""

    state: State
    finish_reason: str = ""
    error: str = ""
    usage: Mapping[str, int | None] = field(default_factory=dict)

    @classmethod
    def of(cls, generation: Generation) -> Self:
        """How a generation that is over ended, as Postgres has it."""
        usage = {"prompt_tokens": generation.prompt_tokens, "completion_tokens": generation.completion_tokens}
        return cls(State(generation.state), generation.finish_reason, generation.error, usage)

    def encode(self) -> str:
        return json.dumps(
            {"state": self.state, "finish_reason": self.finish_reason, "error": self.error, "usage": dict(self.usage)}
        )


@dataclass(frozen=True, slots=True)
class QueuePosition:
    """Where a queued generation stands: ``number`` 1 is next. ``seconds`` is the estimated wait, if known.

    ``servers_down``: it waits for an endpoint to come back. ``endpoint`` is the name of the one that it wants, empty if
    any will do; ``absence`` says why that one is not there, without a full stop.
    """

    number: int
    seconds: int | None = None
    servers_down: bool = False
    endpoint: str = ""
    absence: str = ""

    @property
    def ahead(self) -> int:
        return self.number - 1

    def encode(self) -> str:
        may_be = {"servers_down": self.servers_down, "endpoint": self.endpoint, "absence": self.absence}
        details = {name: value for name, value in may_be.items() if value}
        return encode_state(State.QUEUED, position=self.number, seconds=self.seconds, **details)


@dataclass(frozen=True, slots=True)
class QueuedGeneration:
    """A queued generation with its position; ``attempt`` counts the claims so far."""

    generation_id: UUID
    attempt: int
    position: QueuePosition


@dataclass(frozen=True, slots=True)
class Events:
    """What a reader gets at once: ``text`` starting at code point ``offset``, then perhaps a state, perhaps the end.

    ``position`` comes with the state ``queued``, once it is known. ``is_writing``: the text, or the end of it, is newer
    than the state; a state that is the newest is one that waits for text.
    """

    offset: int
    text: str = ""
    state: State | None = None
    ended: Ended | None = None
    position: QueuePosition | None = None
    is_writing: bool = False

    @property
    def offset_after(self) -> int:
        return self.offset + len(self.text)

    def __bool__(self) -> bool:
        return bool(self.text or self.state or self.ended)


def encode_state(state: State, **details: Any) -> str:
    return json.dumps({"state": state, **details})


def offset_of(entry_id: bytes) -> int:
    """The code point offset after an entry: the first half of its id."""
    return int(entry_id.partition(b"-")[0])


def decode(entries: Iterable[RawEntry], *, after: int) -> Events:
    """Join raw log entries into what a reader who has ``after`` code points is still missing.

    Raises ``GapInLog`` where the entries start later than that.
    """
    pieces: list[str] = []
    reached = after
    state: State | None = None
    position: QueuePosition | None = None
    ended: Ended | None = None
    is_writing = False
    for entry_id, fields in entries:
        if (raw_text := fields.get(b"t")) is not None:
            end = offset_of(entry_id)
            if end <= reached:
                continue
            text = raw_text.decode()
            start = end - len(text)
            if start > reached:
                raise GapInLog(reached, start)
            pieces.append(text[reached - start :])
            reached = end
            is_writing = True
        elif (raw_state := fields.get(b"s")) is not None:
            state, position = _decode_state(json.loads(raw_state))
            is_writing = False
        elif (raw_end := fields.get(b"e")) is not None:
            ended = _decode_end(json.loads(raw_end))
    return Events(
        offset=after, text="".join(pieces), state=state, ended=ended, position=position, is_writing=is_writing
    )


def _decode_state(values: dict[str, Any]) -> tuple[State, QueuePosition | None]:
    state = State(values["state"])
    if (number := values.get("position")) is None:
        return state, None
    may_be = {name: values[name] for name in ("seconds", "servers_down", "endpoint", "absence") if name in values}
    return state, QueuePosition(number, **may_be)


def _decode_end(values: dict[str, Any]) -> Ended:
    return Ended(
        state=State(values["state"]),
        finish_reason=values["finish_reason"],
        error=values["error"],
        usage=values["usage"],
    )


class GapInLog(Exception):
    """Entries between the reader's offset and the next one are not there."""

    def __init__(self, reached: int, next_offset: int) -> None:
        super().__init__(f"the log goes on at {next_offset}, after {reached}")
