"""Puts the events of one OpenAI-style chat stream together, without any input or output of its own."""

import json
from typing import Any

from apps.inference.errors import InferenceError, Interrupted, ProtocolError
from apps.inference.failures import failure_of_event
from apps.inference.protocols.base import Delta, FinishReason, Usage
from apps.inference.sse import EventReader

DONE = "[DONE]"
FINISH_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "eos_token": "stop",
    "stop_sequence": "stop",
    "length": "length",
}
BROKEN_OFF = ("abort", "error")
_parse = json.JSONDecoder().decode


class ChatReply:
    """The state of one reply: feed it bytes, take one delta for each piece.

    The last delta is held back until everything about the end is known: the usage comes in an event after the one
    with the finish reason, or not at all. ``failure`` is what the bytes reported; the text before it comes first.
    """

    def __init__(self) -> None:
        self.failure: InferenceError | None = None
        self.is_over = False
        self.finish_reason: FinishReason | None = None
        self._usage: Usage | None = None
        self._events = EventReader()
        self._event_count = 0

    def feed(self, chunk: bytes) -> Delta | None:
        """Return what ``chunk`` brings, the last delta included; ``None`` when that is nothing yet."""
        texts: list[str] = []
        try:
            for payload in self._events.feed(chunk):
                self._take(payload, texts)
                if self.is_over:
                    break
        except InferenceError as failure:
            self.failure = failure
        if self.is_over:
            return Delta("".join(texts), len(texts), self.finish_reason, self._usage)
        return Delta("".join(texts), len(texts)) if texts else None

    def close(self) -> Delta:
        """Return the last delta at the end of the body; raise ``Interrupted`` when the reply is not whole."""
        texts: list[str] = []
        try:
            for payload in self._events.close():
                self._take(payload, texts)
        except ProtocolError as failure:
            raise Interrupted(f"the stream was cut inside an event: {failure.detail}") from None
        if self.finish_reason is None:
            raise self._cut_short()
        self.is_over = True
        return Delta("".join(texts), len(texts), self.finish_reason, self._usage)

    def _take(self, payload: str, texts: list[str]) -> None:
        if payload == DONE:
            self._finish()
            return
        if not payload:
            return
        self._event_count += 1
        event = _event_of(payload)
        choices = event.get("choices")
        if (not choices or "error" in event) and (failure := failure_of_event(event)):
            raise failure
        if choices and (text := self._take_choices(choices)):
            texts.append(text)
        if usage := event.get("usage"):
            self._take_usage(usage)

    def _take_choices(self, choices: Any) -> str | None:
        """Return the text of the one choice that was asked for."""
        try:
            choice = choices[0]
            text = choice["delta"].get("content")
            reason = choice.get("finish_reason")
        except (KeyError, TypeError, AttributeError):
            raise ProtocolError("a chunk without a delta") from None
        if reason:
            self.finish_reason = _finish_reason(reason)
        if text is None:
            return None
        if not isinstance(text, str):
            raise ProtocolError("a delta whose content is not text")
        return text if text.isascii() and "\0" not in text else _storable(text)

    def _take_usage(self, usage: Any) -> None:
        try:
            prompt, completion = usage["prompt_tokens"], usage["completion_tokens"]
        except (KeyError, TypeError):
            return
        if isinstance(prompt, int) and isinstance(completion, int):
            self._usage = Usage(prompt, completion)
            self.is_over = self.finish_reason is not None

    def _finish(self) -> None:
        if self.finish_reason is None:
            raise Interrupted("[DONE] without a finish reason")
        self.is_over = True

    def _cut_short(self) -> InferenceError:
        if self._event_count == 0 and self._events.saw_foreign_line:
            return ProtocolError("the body is no event stream")
        return Interrupted(f"the stream ended after {self._event_count} events, without a finish reason")


def _event_of(payload: str) -> dict[str, Any]:
    try:
        event = _parse(payload)
    except (ValueError, RecursionError):
        raise ProtocolError("an event that is not JSON") from None
    if not isinstance(event, dict):
        raise ProtocolError("an event that is not a JSON object")
    return event


def _finish_reason(reason: object) -> FinishReason:
    if isinstance(reason, str):
        if reason in FINISH_REASONS:
            return FINISH_REASONS[reason]
        if reason in BROKEN_OFF:
            raise Interrupted(f"the server gave the reply up: {reason}")
    raise ProtocolError(f"an unknown finish reason: {reason!r}")


def _storable(text: str) -> str:
    """Return ``text`` without what UTF-8 or Postgres cannot hold: lone surrogates and NUL."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")
