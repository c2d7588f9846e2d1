"""A model that counts, for tests that need replies of a known text at a known pace.

The last user message tells it what to do: "count to 50" (20 without a figure), "at 20 per second" (at once without
one), and how to fail: "fail after 10" (an error event), "cut after 10" (a clean end of the body), "reset after 10",
"stall after 10", "overloaded" (429). The reply is "1 2 3 …", a word a token; a partial assistant turn at the end is
continued from its last number.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from tests.support.wire import Request, Send, chunked, event, head, whole

MODEL = "counting"
DEFAULT_LENGTH = 20


@dataclass(frozen=True, slots=True)
class Order:
    """What the messages of one request ask for."""

    first: int
    last: int
    most: int
    per_second: float
    failure: str
    fail_after: int
    overloaded: bool

    @classmethod
    def of(cls, body: dict[str, Any]) -> "Order":
        messages = body["messages"]
        asked = next(m["content"] for m in reversed(messages) if m["role"] == "user")
        partial = messages[-1]["content"] if messages[-1]["role"] == "assistant" else ""
        counted = re.findall(r"\d+", partial)
        failure = re.search(r"(fail|cut|reset|stall) after (\d+)", asked)
        return cls(
            first=int(counted[-1]) + 1 if counted else 1,
            last=int(_figure(r"count to (\d+)", asked, DEFAULT_LENGTH)),
            most=body.get("max_tokens") or 10**9,
            per_second=_figure(r"at (\d+(?:\.\d+)?) per second", asked, 0),
            failure=failure[1] if failure else "",
            fail_after=int(failure[2]) if failure else 10**9,
            overloaded="overloaded" in asked,
        )


def _figure(pattern: str, text: str, default: float) -> float:
    found = re.search(pattern, text)
    return float(found[1]) if found else default


async def answer(request: Request) -> AsyncIterator[bytes | None]:
    """Yield the response's bytes as they are due; ``None`` asks for a TCP reset."""
    if request.method == "POST" and request.path == "/v1/chat/completions":
        async for piece in _chat(Order.of(request.json)):
            yield piece
        return
    for part in _plain_answer(request):
        yield part.data


def _plain_answer(request: Request) -> tuple[Send, Send]:
    match request.method, request.path:
        case "GET", "/health":
            return whole(200, b"", "text/plain")
        case "GET", "/v1/models":
            models = [{"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}]
            return whole(200, json.dumps({"object": "list", "data": models}).encode())
    return whole(404, b"", "text/plain")


async def _chat(order: Order) -> AsyncIterator[bytes | None]:
    if order.overloaded:
        for part in whole(429, b'{"error":"Model is overloaded","error_type":"overloaded"}'):
            yield part.data
        return
    yield head(extra="Transfer-Encoding: chunked").data
    async for piece in _events(order):
        yield None if piece is None else chunked(piece)


async def _events(order: Order) -> AsyncIterator[bytes | None]:
    """Yield the events and the empty piece that ends a body properly."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    wanted = order.last - order.first + 1
    for position, number in enumerate(range(order.first, order.last + 1)):
        if position == order.most:
            break
        if order.per_second:
            await asyncio.sleep(started + (position + 1) / order.per_second - loop.time())
        if position == order.fail_after:
            async for piece in _fail(order.failure):
                yield piece
            return
        yield event(chunk(f"{number}" if number == 1 else f" {number}"))
    count = max(0, min(wanted, order.most))
    yield event(chunk("", "length" if order.most < wanted else "stop"))
    yield event({**chunk(""), "choices": [], "usage": usage(count)})
    yield b"data: [DONE]\n\n"
    yield b""


async def _fail(failure: str) -> AsyncIterator[bytes | None]:
    if failure == "fail":
        message = "Request failed during generation: Server error: CUDA out of memory"
        yield event({"error": {"message": message, "http_status_code": 422}})
        yield b"data: [DONE]\n\n"
        yield b""
    elif failure == "cut":
        yield b""
    elif failure == "reset":
        yield None
    elif failure == "stall":
        await asyncio.Event().wait()


def chunk(text: str, finish_reason: str | None = None) -> dict[str, Any]:
    """One chunk of a chat stream, in TGI's shape."""
    delta = {"role": "assistant", "content": text}
    return {
        "object": "chat.completion.chunk",
        "id": "",
        "created": 1741266005,
        "model": MODEL,
        "system_fingerprint": "3.3.6-native",
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}],
        "usage": None,
    }


def usage(completion_tokens: int) -> dict[str, int]:
    return {"prompt_tokens": 10, "completion_tokens": completion_tokens, "total_tokens": 10 + completion_tokens}
