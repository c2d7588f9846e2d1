"""Assemble the events of one stream into deltas; no input or output."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, TypeGuard

import msgspec

from apps.inference.errors import InferenceError, Interrupted, ProtocolError
from apps.inference.http.failures import failure_of_event
from apps.inference.http.sse import EventReader
from apps.inference.protocols.finish_reasons import UNKNOWN
from apps.inference.protocols.joining import TextJoiner
from apps.inference.requests import Delta, FinishReason, Usage

DONE = "[DONE]"
_parse = msgspec.json.Decoder().decode
_parse_odd = json.JSONDecoder().decode


class Reply(ABC):
    """The state of one reply: feed it bytes, take one delta for each piece.

    The last delta is held back until everything about the end is known: some servers send the usage in an event after
    the one with the finish reason, or not at all. ``failure`` is what the bytes reported; the text before it comes
    first. A kind of stream says in ``take_event`` what its events mean.

    A stream is whole with a finish reason, with ``[DONE]``, or with the usage as its last event. If no event names a
    reason, the reason is ``unknown``. ``counts_tokens``: each event of the stream is one token, with text or without.
    Such a stream ends at ``max_tokens``, whatever the server does.
    """

    ends_with_done: ClassVar[bool] = True

    def __init__(self, max_tokens: int | None = None, *, counts_tokens: bool = False) -> None:
        self.failure: InferenceError | None = None
        self.is_over = False
        self.ended_with_usage = False
        self.counts_tokens = counts_tokens
        self.token_count = 0
        self.max_tokens = max_tokens
        self.joiner = TextJoiner()
        self.finish_reason: FinishReason | None = None
        self.usage: Usage | None = None
        self.whole_text: str | None = None
        self._events = EventReader()
        self._event_count = 0
        self._odd_count = 0
        self._tokens_given = 0

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
        tokens = self._tokens_of(texts)
        return Delta("".join(texts), tokens) if texts or tokens else None

    def close(self) -> Delta:
        """Return the last delta at the end of the body; raise ``Interrupted`` when the reply is not whole."""
        texts: list[str] = []
        try:
            self._take_all(self._events.close(), texts)
        except ProtocolError as failure:
            raise Interrupted(f"the stream was cut inside an event: {failure.detail}") from None
        if self.finish_reason is None and self.ended_with_usage:
            self.finish_reason = UNKNOWN
        if self.finish_reason is None:
            raise self._cut_short()
        self.is_over = True
        return self._last(texts)

    def _last(self, texts: list[str]) -> Delta:
        tokens = self._tokens_of(texts)
        text = "".join(texts) + self.joiner.close()
        return Delta(text, tokens, self.finish_reason, self.usage, self.whole_text)

    def _tokens_of(self, texts: list[str]) -> int:
        if not self.counts_tokens:
            return len(texts)
        tokens, self._tokens_given = self.token_count - self._tokens_given, self.token_count
        return tokens

    def _take_all(self, payloads: Iterable[str], texts: list[str]) -> None:
        for payload in payloads:
            if payload.startswith("{") or not self._is_odd(payload):
                if text := self._take(payload):
                    texts.append(text)
                    self.ended_with_usage = False
                self._end_at_the_limit()
            if self.is_over:
                return

    def _is_odd(self, payload: str) -> bool:
        """Return whether the payload is no event: the end, a keep-alive in whatever form, a blank."""
        bare = payload.strip()
        if bare.startswith("{"):
            return False
        if bare.strip("\"'").upper() == DONE:
            self._finish()
        elif bare:
            self._odd_count += 1
        return True

    def _end_at_the_limit(self) -> None:
        """End the reply at ``max_tokens``: TGI generates in slices of 1,024 tokens and fills the last slice."""
        is_at_limit = self.counts_tokens and self.max_tokens is not None and self.token_count >= self.max_tokens
        if is_at_limit and self.finish_reason is None:
            self.finish_reason = "length"
            self.usage = self.usage or Usage(None, self.token_count)
            self.is_over = True

    def _take(self, payload: str) -> str | None:
        self._event_count += 1
        event = event_of(payload)
        if ("error" in event or not event.get("choices")) and (failure := failure_of_event(event)):
            raise failure
        return self.take_event(event)

    def _finish(self) -> None:
        if self.finish_reason is None and not self.ends_with_done:
            raise Interrupted("[DONE] without the last event")
        self.finish_reason = self.finish_reason or UNKNOWN
        self.is_over = True

    def _cut_short(self) -> InferenceError:
        if self._event_count == 0 and (self._events.saw_foreign_line or self._odd_count):
            return ProtocolError("the body is no event stream")
        return Interrupted(f"the stream ended after {self._event_count} events, without a finish reason")


def event_of(payload: str) -> dict[str, Any]:
    """Read an event's JSON; raise ``ProtocolError`` for anything but an object."""
    try:
        event = _parse(payload)
    except (ValueError, RecursionError):
        event = _odd_json_of(payload)
    if not isinstance(event, dict):
        raise ProtocolError("an event that is not a JSON object")
    return event


def _odd_json_of(payload: str) -> Any:
    """Read what ``json`` accepts and msgspec refuses: half a surrogate pair, NaN, numbers beyond a float."""
    try:
        return _parse_odd(payload)
    except (ValueError, RecursionError):
        raise ProtocolError("an event that is not JSON") from None


def text_in(value: object) -> str:
    """Return ``value``; raise ``ProtocolError`` unless it is a text."""
    if not isinstance(value, str):
        raise ProtocolError("a text that is no text")
    return value


def is_count(value: object) -> TypeGuard[int]:
    """Return whether ``value`` is a number of tokens."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
