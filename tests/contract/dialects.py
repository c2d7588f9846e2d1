"""What the contract suite must know of each protocol to write its bytes and to recognise its failures."""

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from apps.inference.errors import ContextTooLong, InferenceError, InvalidRequest, Overloaded, ServerError
from apps.inference.protocols.base import FinishReason, Usage
from tests.support import counting_chat
from tests.support.wire import event

RECORDINGS = Path(__file__).parent.parent / "support" / "fixtures" / "tgi"


@dataclass(frozen=True)
class Recording:
    """A recorded stream and what a reader must make of it."""

    name: str
    data: bytes
    text: str
    tokens: int
    finish_reason: FinishReason
    usage: Usage | None


class Dialect(ABC):
    """The bytes of one protocol. A new protocol joins the suite by adding its dialect to ``DIALECTS``."""

    protocol: ClassVar[str]
    path: ClassVar[str]

    @abstractmethod
    def recordings(self) -> list[Recording]:
        """Return the recorded streams."""

    @abstractmethod
    def token(self, text: str) -> bytes:
        """Return the event of one token."""

    @abstractmethod
    def ending(self, text: str, reason: str, tokens: int) -> bytes:
        """Return all events from the last token on, for a reply of this many tokens."""

    @abstractmethod
    def error_events(self) -> list[tuple[bytes, type[InferenceError]]]:
        """Return what the servers send inside a stream when they fail, and our name for it."""

    def reply(self, *texts: str) -> bytes:
        """Return a whole stream of these tokens that ended by itself."""
        return b"".join(self.token(text) for text in texts) + self.ending("", "stop", len(texts))


class OpenAIDialect(Dialect):
    protocol = "openai"
    path = "/v1/chat/completions"

    def recordings(self) -> list[Recording]:
        facts = json.loads((RECORDINGS / "recordings.json").read_text())
        return [
            Recording(
                name,
                (RECORDINGS / f"{name}.sse").read_bytes(),
                fact["text"],
                fact["tokens"],
                fact["finish_reason"],
                _usage(fact["usage"]),
            )
            for name, fact in facts.items()
        ]

    def token(self, text: str) -> bytes:
        return event(counting_chat.chunk(text))

    def ending(self, text: str, reason: str, tokens: int) -> bytes:
        last = event(counting_chat.chunk(text, reason))
        usage = event({**counting_chat.chunk(""), "choices": [], "usage": counting_chat.usage(tokens)})
        return last + usage + b"data: [DONE]\n\n"

    def error_events(self) -> list[tuple[bytes, type[InferenceError]]]:
        done = b"data: [DONE]\n\n"
        too_long = "Input validation error: `inputs` must have less than 4095 tokens. Given: 5000"
        return [
            (_tgi("Model is overloaded") + done, Overloaded),
            (_tgi("Request failed during generation: Server error: CUDA error") + done, ServerError),
            (_tgi(too_long) + done, ContextTooLong),
            (_tgi("Input validation error: `top_p` must be > 0.0 and < 1.0") + done, InvalidRequest),
            (event({"error": {"message": "boom", "type": "InternalServerError", "code": 500}}) + done, ServerError),
            (event({"object": "error", "message": "boom", "type": "InternalServerError", "code": 500}), ServerError),
            (b'error: {"code":500,"message":"boom","type":"server_error"}\n\n', ServerError),
            (event({"error": "boom"}), ServerError),
        ]


def _tgi(message: str) -> bytes:
    return event({"error": {"message": message, "http_status_code": 422}})


def _usage(fact: dict[str, int] | None) -> Usage | None:
    return Usage(fact["prompt_tokens"], fact["completion_tokens"]) if fact else None


DIALECTS: list[Dialect] = [OpenAIDialect()]
