"""The kinds of stream in the contract suite: how to ask, their bytes, and the meaning of their failures."""

import json
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import aiohttp

from apps.inference.errors import ContextTooLong, InferenceError, InvalidRequest, Overloaded, ServerError
from apps.inference.protocols import protocol_named
from apps.inference.requests import ChatMessage, ChatRequest, CompletionRequest, Delta, FinishReason, Timeouts, Usage
from apps.inference.server import Server
from tests.support.counting_wire import chunk, completion_chunk, usage
from tests.support.wire import event

RECORDINGS = Path(__file__).parent.parent / "support" / "fixtures" / "tgi"
DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True)
class Recording:
    """A recorded stream and what a reader must make of it; ``error`` names the failure it ends with."""

    name: str
    data: bytes
    text: str
    tokens: int
    finish_reason: FinishReason | None
    usage: Usage | None
    whole_text: str | None = None
    error: str | None = None


class Dialect(ABC):
    """One kind of stream of one protocol. Another joins the suite by adding its dialect to ``EVERY_DIALECT``."""

    name: ClassVar[str]
    protocol: ClassVar[str]
    path: ClassVar[str]
    ends_with_done: ClassVar[bool] = True
    counts_tokens: ClassVar[bool] = False  # each event is a token, with text or without
    bad_event: ClassVar[dict[str, Any]]  # its place is right, its value is not

    @abstractmethod
    def stream(self, http: aiohttp.ClientSession, server: Server, timeouts: Timeouts) -> AsyncGenerator[Delta]:
        """Ask for a reply."""

    @abstractmethod
    def token(self, text: str) -> bytes:
        """Return the event of one token."""

    @abstractmethod
    def ending(self, text: str, reason: str, tokens: int, whole: str) -> bytes:
        """Return all events from the last token on, for a reply of this many tokens, which is ``whole``."""

    @abstractmethod
    def error_events(self) -> list[tuple[bytes, type[InferenceError]]]:
        """Return what the servers send inside a stream when they fail, and our name for it."""

    def recordings(self) -> list[Recording]:
        """Return the recorded streams."""
        return []

    def reply(self, *texts: str) -> bytes:
        """Return a whole stream of these tokens that ended by itself."""
        told = b"".join(self.token(text) for text in texts)
        return told + self.ending("", "stop", len(texts), "".join(texts))

    def without_what_follows_its_end(self, text: str) -> bytes:
        """Return a stream up to the event with the finish reason, and no further."""
        end = self.ending("", "stop", 1, text)
        return self.token(text) + end[: end.index(b"\n\n") + 2]


class OpenAIChat(Dialect):
    name = "openai-chat"
    protocol = "openai"
    path = "/v1/chat/completions"
    bad_event: ClassVar[dict[str, Any]] = {"choices": [7]}

    def stream(self, http: aiohttp.ClientSession, server: Server, timeouts: Timeouts) -> AsyncGenerator[Delta]:
        request = ChatRequest([ChatMessage("user", "Say something.")])
        return protocol_named(self.protocol).stream_chat(http, server, request, timeouts)

    def recordings(self) -> list[Recording]:
        return recordings_of("recordings.json")

    def token(self, text: str) -> bytes:
        return event(chunk(text))

    def ending(self, text: str, reason: str, tokens: int, whole: str) -> bytes:  # noqa: ARG002
        last = event(chunk(text, reason))
        return last + event({**chunk(""), "choices": [], "usage": usage(tokens)}) + DONE

    def error_events(self) -> list[tuple[bytes, type[InferenceError]]]:
        too_long = "Input validation error: `inputs` must have less than 4095 tokens. Given: 5000"
        return [
            (_tgi("Model is overloaded") + DONE, Overloaded),
            (_tgi("Request failed during generation: Server error: CUDA error") + DONE, ServerError),
            (_tgi(too_long) + DONE, ContextTooLong),
            (_tgi("Input validation error: `top_p` must be > 0.0 and < 1.0") + DONE, InvalidRequest),
            (event({"error": {"message": "boom", "type": "InternalServerError", "code": 500}}) + DONE, ServerError),
            (event({"object": "error", "message": "boom", "type": "InternalServerError", "code": 500}), ServerError),
            (b'error: {"code":500,"message":"boom","type":"server_error"}\n\n', ServerError),
            (event({"error": "boom"}), ServerError),
        ]


class OpenAICompletion(OpenAIChat):
    name = "openai-completion"
    path = "/v1/completions"

    def stream(self, http: aiohttp.ClientSession, server: Server, timeouts: Timeouts) -> AsyncGenerator[Delta]:
        return protocol_named(self.protocol).stream_completion(http, server, CompletionRequest("def "), timeouts)

    def recordings(self) -> list[Recording]:
        return []

    def token(self, text: str) -> bytes:
        return event(completion_chunk(text))

    def ending(self, text: str, reason: str, tokens: int, whole: str) -> bytes:  # noqa: ARG002
        return event({**completion_chunk(text, reason), "usage": usage(tokens)}) + DONE


def recordings_of(file: str) -> list[Recording]:
    """Read the recordings whose facts are in ``file``."""
    facts: dict[str, dict[str, Any]] = json.loads((RECORDINGS / file).read_text())
    return [
        Recording(
            name,
            (RECORDINGS / f"{name}.sse").read_bytes(),
            fact["text"],
            fact["tokens"],
            fact.get("finish_reason"),
            _usage(fact.get("usage")),
            fact.get("whole_text"),
            fact.get("error"),
        )
        for name, fact in facts.items()
    ]


def _tgi(message: str) -> bytes:
    return event({"error": {"message": message, "http_status_code": 422}})


def _usage(fact: dict[str, int] | None) -> Usage | None:
    return Usage(fact["prompt_tokens"], fact["completion_tokens"]) if fact else None
