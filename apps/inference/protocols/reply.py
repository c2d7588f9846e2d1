"""Assemble the events of one stream into deltas; no input or output."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, TypeGuard

from apps.inference.errors import InferenceError, Interrupted, ProtocolError
from apps.inference.http.failures import failure_of_event
from apps.inference.http.sse import EventReader
from apps.inference.requests import Delta, FinishReason, Usage

DONE = "[DONE]"
FINISH_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "eos_token": "stop",
    "stop_sequence": "stop",
    "length": "length",
}
BROKEN_OFF = ("abort", "error")
_parse = json.JSONDecoder().decode


class Reply(ABC):
    """The state of one reply: feed it bytes, take one delta for each piece.

    The last delta is held back until everything about the end is known: some servers send the usage in an event after
    the one with the finish reason, or not at all. ``failure`` is what the bytes reported; the text before it comes
    first. A kind of stream says in ``take_event`` what its events mean.
    """

    def __init__(self) -> None:
        self.failure: InferenceError | None = None
        self.is_over = False
        self.finish_reason: FinishReason | None = None
        self.usage: Usage | None = None
        self.whole_text: str | None = None
        self._events = EventReader()
        self._event_count = 0

    @abstractmethod
    def take_event(self, event: dict[str, Any]) -> str | None:
        """Note one event that reports no failure, and return its text; raise ``InferenceError`` for a bad one."""

    def feed(self, chunk: bytes) -> Delta | None:
        """Return what ``chunk`` brings, the last delta included; ``None`` when that is nothing yet."""
        texts: list[str] = []
        try:
            self._take_all(self._events.feed(chunk), texts)
        except InferenceError as failure:
            self.failure = failure
        if self.is_over:
            return self._last(texts)
        return Delta("".join(texts), len(texts)) if texts else None

    def close(self) -> Delta:
        """Return the last delta at the end of the body; raise ``Interrupted`` when the reply is not whole."""
        texts: list[str] = []
        try:
            self._take_all(self._events.close(), texts)
        except ProtocolError as failure:
            raise Interrupted(f"the stream was cut inside an event: {failure.detail}") from None
        if self.finish_reason is None:
            raise self._cut_short()
        self.is_over = True
        return self._last(texts)

    def _last(self, texts: list[str]) -> Delta:
        return Delta("".join(texts), len(texts), self.finish_reason, self.usage, self.whole_text)

    def _take_all(self, payloads: Iterable[str], texts: list[str]) -> None:
        for payload in payloads:
            if payload.rstrip() == DONE:
                self._finish()
            elif payload and (text := self._take(payload)):
                texts.append(text)
            if self.is_over:
                return

    def _take(self, payload: str) -> str | None:
        self._event_count += 1
        event = event_of(payload)
        if ("error" in event or not event.get("choices")) and (failure := failure_of_event(event)):
            raise failure
        return self.take_event(event)

    def _finish(self) -> None:
        if self.finish_reason is None:
            raise Interrupted("[DONE] without a finish reason")
        self.is_over = True

    def _cut_short(self) -> InferenceError:
        if self._event_count == 0 and self._events.saw_foreign_line:
            return ProtocolError("the body is no event stream")
        return Interrupted(f"the stream ended after {self._event_count} events, without a finish reason")


def event_of(payload: str) -> dict[str, Any]:
    """Read an event's JSON; raise ``ProtocolError`` for anything but an object."""
    try:
        event = _parse(payload)
    except (ValueError, RecursionError):
        raise ProtocolError("an event that is not JSON") from None
    if not isinstance(event, dict):
        raise ProtocolError("an event that is not a JSON object")
    return event


def named_finish_reason(reason: object) -> FinishReason:
    """Return our name for a server's; raise ``Interrupted`` when it gave the reply up."""
    if isinstance(reason, str):
        if reason in FINISH_REASONS:
            return FINISH_REASONS[reason]
        if reason in BROKEN_OFF:
            raise Interrupted(f"the server gave the reply up: {reason}")
    raise ProtocolError(f"an unknown finish reason: {reason!r}")


def storable(text: object) -> str:
    """Return ``text`` without what UTF-8 or Postgres cannot hold: lone surrogates and NUL."""
    if not isinstance(text, str):
        raise ProtocolError("a text that is no text")
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")


def is_count(value: object) -> TypeGuard[int]:
    """Return whether ``value`` is a number of tokens."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
