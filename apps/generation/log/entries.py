"""Entries of an event log, as readers get them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

from apps.generation.models import Generation, State


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a generation."""

    state: State
    finish_reason: str = ""
    error: str = ""
    usage: Mapping[str, int | None] = field(default_factory=dict)
    error_kind: str = ""

    @classmethod
    def of(cls, generation: Generation) -> Self:
        """Return the end that Postgres holds of a generation that is over."""
        usage = {"prompt_tokens": generation.prompt_tokens, "completion_tokens": generation.completion_tokens}
        return cls(State(generation.state), generation.finish_reason, generation.error, usage, generation.error_kind)

    @classmethod
    def decode(cls, entry: str | bytes) -> Self:
        """Return the end that an entry holds."""
        values = json.loads(entry)
        kind = values.get("error_kind", "")  # entries of the previous release lack it
        return cls(State(values["state"]), values["finish_reason"], values["error"], values["usage"], kind)

    def encode(self) -> str:
        """Return the end as an entry."""
        return json.dumps(
            {
                "state": self.state,
                "finish_reason": self.finish_reason,
                "error": self.error,
                "usage": dict(self.usage),
                "error_kind": self.error_kind,
            }
        )


@dataclass(frozen=True, slots=True)
class QueuePosition:
    """The place of a queued generation: ``number`` 1 is next. ``seconds`` is the estimated wait, if known.

    ``servers_down``: the generation waits for an endpoint to come back. ``endpoint`` names the endpoint that it wants,
    empty if any will do; ``absence`` says why that endpoint cannot run it, without a full stop.
    """

    number: int
    seconds: int | None = None
    servers_down: bool = False
    endpoint: str = ""
    absence: str = ""

    @property
    def ahead(self) -> int:
        """Return how many generations come first."""
        return self.number - 1

    def encode(self) -> str:
        """Return the state entry of a generation that is queued here."""
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
    """The news for one reader: ``text`` starting at code point ``offset``, then perhaps a state, perhaps the end.

    ``position`` comes with the state ``queued``, once it is known. ``is_writing``: text or the end is newer than the
    state; otherwise the generation waits for text. ``model`` comes with the state ``running``: the id of the model that
    writes next.
    """

    offset: int
    text: str = ""
    state: State | None = None
    ended: Ended | None = None
    position: QueuePosition | None = None
    is_writing: bool = False
    model: str = ""

    @property
    def offset_after(self) -> int:
        """Return the offset at which the text ends."""
        return self.offset + len(self.text)

    def __bool__(self) -> bool:
        return bool(self.text or self.state or self.ended)


def encode_state(state: State, **details: Any) -> str:
    """Return a state entry."""
    return json.dumps({"state": state, **details})


def encode_running(model: str) -> str:
    """Return the entry of a generation that ``model`` is to write."""
    return encode_state(State.RUNNING, **({"model": model} if model else {}))


@dataclass(frozen=True, slots=True)
class StateEntry:
    """A state in the log, with the ``position`` of a queued generation or the ``model`` of a running one, if known."""

    state: State
    position: QueuePosition | None = None
    model: str = ""

    @classmethod
    def decode(cls, entry: str | bytes) -> Self:
        """Return what the entry says."""
        values = json.loads(entry)
        state = State(values["state"])
        if (number := values.get("position")) is None:
            return cls(state, model=values.get("model", ""))  # entries of the previous release lack it
        may_be = {name: values[name] for name in ("seconds", "servers_down", "endpoint", "absence") if name in values}
        return cls(state, QueuePosition(number, **may_be))


def facts_of(entry: StateEntry | None) -> dict[str, Any]:
    """Return the fields of ``Events`` for a state entry; none without an entry."""
    return {"state": entry.state, "position": entry.position, "model": entry.model} if entry else {}


class GapInLog(Exception):
    """Text is missing between the reader's offset and the next text."""

    def __init__(self, reached: int, next_offset: int) -> None:
        super().__init__(f"the log goes on at {next_offset}, after {reached}")
