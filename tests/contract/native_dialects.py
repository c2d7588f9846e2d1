"""The streams that are not in the OpenAI style: TGI's own, and llama.cpp's infilling."""

from collections.abc import AsyncGenerator
from typing import Any, ClassVar

import aiohttp

from apps.inference.errors import (
    ContextTooLong,
    InferenceError,
    Interrupted,
    InvalidRequest,
    Overloaded,
    ServerError,
)
from apps.inference.protocols import protocol_named
from apps.inference.requests import ChatMessage, ChatRequest, CompletionRequest, Delta, Timeouts
from apps.inference.server import Server
from tests.contract.dialects import Dialect, OpenAIChat, OpenAICompletion, Recording, recordings_of
from tests.support.counting_wire import native_details, native_token
from tests.support.wire import event


class TGINative(Dialect):
    name = "tgi"
    protocol = "tgi"
    path = "/generate_stream"
    ends_with_done = False
    counts_tokens = True
    bad_event: ClassVar[dict[str, Any]] = {"token": 7, "generated_text": None}

    def stream(self, http: aiohttp.ClientSession, server: Server, timeouts: Timeouts) -> AsyncGenerator[Delta]:
        request = ChatRequest([ChatMessage("user", "Say something.")])
        return protocol_named(self.protocol).stream_chat(http, server, request, timeouts)

    def recordings(self) -> list[Recording]:
        return recordings_of("native.json")

    def token(self, text: str) -> bytes:
        return event(native_token(text))

    def ending(self, text: str, reason: str, tokens: int, whole: str) -> bytes:
        details = native_details(tokens, reason)
        return event({**native_token(text), "generated_text": whole, "details": details})

    def error_events(self) -> list[tuple[bytes, type[InferenceError]]]:
        too_long = "Input validation error: `inputs` must have less than 1024 tokens. Given: 2048"
        return [
            (_error("Model is overloaded", "overloaded"), Overloaded),
            (_error("Request failed during generation: Server error: CUDA error", "generation"), ServerError),
            (_error("Incomplete generation stream", "incomplete_generation_stream"), Interrupted),
            (_error(too_long, "validation"), ContextTooLong),
            (_error("Input validation error: `temperature` must be strictly positive", "validation"), InvalidRequest),
            (_error("boom", "of a later version"), ServerError),
        ]


class LlamaCppInfill(Dialect):
    name = "llama.cpp-infill"
    protocol = "openai"
    path = "/infill"
    bad_event: ClassVar[dict[str, Any]] = {"content": 7, "stop": False}

    def stream(self, http: aiohttp.ClientSession, server: Server, timeouts: Timeouts) -> AsyncGenerator[Delta]:
        request = CompletionRequest("def ", suffix="return 1\n")
        return protocol_named(self.protocol).stream_completion(http, server, request, timeouts)

    def token(self, text: str) -> bytes:
        return event({"index": 0, "content": text, "tokens": [1], "stop": False})

    def ending(self, text: str, reason: str, tokens: int, whole: str) -> bytes:  # noqa: ARG002
        counts = {"tokens_predicted": tokens, "tokens_evaluated": 10}
        kind = "limit" if reason == "length" else "eos"
        return event({"index": 0, "content": text, "stop": True, "stop_type": kind, **counts})

    def error_events(self) -> list[tuple[bytes, type[InferenceError]]]:
        return [
            (event({"error": {"code": 500, "message": "boom", "type": "server_error"}}), ServerError),
            (b'error: {"code":500,"message":"boom","type":"server_error"}\n\n', ServerError),
        ]


def _error(message: str, kind: str) -> bytes:
    return event({"error": message, "error_type": kind})


EVERY_DIALECT: list[Dialect] = [OpenAIChat(), OpenAICompletion(), TGINative(), LlamaCppInfill()]
RECORDED = [dialect for dialect in EVERY_DIALECT if dialect.recordings()]
