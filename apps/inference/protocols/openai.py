"""The OpenAI style, as TGI, vLLM, SGLang and llama.cpp serve it."""

import math
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp

from apps.inference.errors import Interrupted, InvalidRequest
from apps.inference.exchange import Exchange
from apps.inference.protocols.base import ChatRequest, Delta, Protocol, Timeouts
from apps.inference.protocols.chat_reply import ChatReply
from apps.inference.server import Server

CHAT_PATH = "/v1/chat/completions"
MOST_STOPS = 4  # TGI's limit unless it was started with another, and OpenAI's


class OpenAIStyle(Protocol):
    """``POST /v1/chat/completions`` with ``stream``.

    A partial assistant turn at the end is continued by TGI (3.0 and later) and llama.cpp as it is; vLLM and SGLang
    want ``continue_final_message``, which TGI ignores and llama.cpp understands or ignores, so it is sent to all.
    """

    async def stream_chat(
        self, http: aiohttp.ClientSession, server: Server, request: ChatRequest, timeouts: Timeouts
    ) -> AsyncGenerator[Delta]:
        """Answer ``request``, streaming."""
        reply = ChatReply()
        async with Exchange(http, server, CHAT_PATH, chat_body(server, request), timeouts) as exchange:
            while not reply.is_over:
                chunk = await _read(exchange, reply)
                delta = reply.feed(chunk) if chunk else reply.close()
                if delta is not None:
                    exchange.begin()
                    yield delta
                if reply.failure is not None:
                    raise reply.failure


async def _read(exchange: Exchange, reply: ChatReply) -> bytes:
    try:
        return await exchange.read()
    except Interrupted:
        if reply.finish_reason is None:
            raise
        return b""  # the reply was whole; only its usage is lost


def chat_body(server: Server, request: ChatRequest) -> dict[str, Any]:
    """Return the JSON to send; raise ``InvalidRequest`` for what no server of this style would accept."""
    _check(request)
    messages = list(request.messages)
    if messages[-1].role == "assistant" and not messages[-1].content:
        messages.pop()  # nothing to continue yet
    body: dict[str, Any] = {
        "messages": [{"role": message.role, "content": message.content} for message in messages],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if server.model:
        body["model"] = server.model
    if messages and messages[-1].role == "assistant":
        body |= {"continue_final_message": True, "add_generation_prompt": False}
    return body | _parameters(request)


def _parameters(request: ChatRequest) -> dict[str, Any]:
    # A top_p of 1 means no limit; TGI refuses the figure and takes its absence.
    top_p = request.top_p if request.top_p is not None and request.top_p < 1 else None
    named = {
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "top_p": top_p,
        "stop": list(request.stop) or None,
        "seed": request.seed,
    }
    return {name: value for name, value in named.items() if value is not None}


def _check(request: ChatRequest) -> None:
    if not any(message.content for message in request.messages):
        _refuse("There is no message to answer.")
    if len(request.stop) > MOST_STOPS:
        _refuse(f"At most {MOST_STOPS} stop sequences can be asked for.")
    if not all(request.stop):
        _refuse("A stop sequence cannot be empty.")
    if request.max_tokens is not None and request.max_tokens < 1:
        _refuse("The longest reply must be at least one token.")
    if request.temperature is not None and not (math.isfinite(request.temperature) and request.temperature >= 0):
        _refuse("The temperature must be 0 or more.")
    if request.top_p is not None and not 0 < request.top_p <= 1:
        _refuse("Top-p must be above 0 and at most 1.")
    if request.seed is not None and not 0 <= request.seed < 2**63:
        _refuse("The seed must be 0 or more and fit into 63 bits.")


def _refuse(sentence: str) -> None:
    raise InvalidRequest(sentence, sentence=sentence)
