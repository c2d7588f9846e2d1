"""Measure one streamed token between the socket and the delta.

``uv run python -m benchmarks.inference_stream`` prints the median microseconds a token of two paths: the reader alone,
fed one event a time, and the whole path through a real loopback socket, where the server is a process of its own that
sends one event a write and leaves the reader time between two. CPU time of this process only, so that neither the
server nor the waiting counts; opening the streams does.
"""

import asyncio
import json
import multiprocessing
import statistics
import time
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from multiprocessing.connection import Connection
from typing import Any

import uvloop

from apps.inference.http.connection import open_session
from apps.inference.protocols import protocol_named
from apps.inference.protocols.chat_reply import ChatReply
from apps.inference.requests import ChatMessage, ChatRequest, Timeouts
from apps.inference.server import Server

TOKENS = 8_000
ROUNDS = 5
STREAMS = 20
SPACING = 0.005  # seconds between two tokens of a stream, so that nearly each is read alone
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def event(text: str, reason: str | None = None) -> bytes:
    """One chunk of a chat stream as TGI writes it."""
    choice = {"index": 0, "delta": {"role": "assistant", "content": text}, "logprobs": None, "finish_reason": reason}
    body = {
        "object": "chat.completion.chunk",
        "id": "",
        "created": 1741266005,
        "model": "codellama/CodeLlama-7b-Instruct-hf",
        "system_fingerprint": "3.3.6-native",
        "choices": [choice],
        "usage": None,
    }
    return b"data: " + json.dumps(body, separators=(",", ":")).encode() + b"\n\n"


def framed(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


async def _stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(HEAD)
    token = framed(event(" token"))
    for _ in range(TOKENS // STREAMS):
        writer.write(token)
        await asyncio.sleep(SPACING)
    writer.write(framed(event("", "stop") + b"data: [DONE]\n\n") + framed(b""))
    await writer.drain()
    writer.close()


def serve(told: Connection) -> None:
    async def _serve() -> None:
        server = await asyncio.start_server(_stream, "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(_serve())


def read_alone() -> int:
    reply = ChatReply()
    token = event(" token")
    reads = 0
    for _ in range(TOKENS):
        delta = reply.feed(token)
        reads += delta is not None
    return reads


async def read_through_socket(port: int) -> int:
    """Follow ``STREAMS`` streams at once; return the number of reads that brought text."""
    request = ChatRequest([ChatMessage("user", "hi")])

    async def follow(http: Any) -> int:
        server = Server(f"http://127.0.0.1:{port}")
        reads = tokens = 0
        async with aclosing(protocol_named("openai").stream_chat(http, server, request, Timeouts())) as deltas:
            async for delta in deltas:
                reads += 1
                tokens += delta.tokens
        assert tokens == TOKENS // STREAMS, tokens  # noqa: S101 (a benchmark that lost text measures nothing)
        return reads

    async with open_session() as http:
        return sum(await asyncio.gather(*(follow(http) for _ in range(STREAMS))))


def measure(name: str, run: Callable[[], int]) -> None:
    costs: list[float] = []
    reads = 0
    for _ in range(ROUNDS):
        before = time.process_time()
        reads = run()
        costs.append((time.process_time() - before) / TOKENS * 1e6)
    print(f"{name:<34} {statistics.median(costs):6.1f} µs a token, {TOKENS / reads:.2f} tokens a read")


def with_loop(run: Callable[[Coroutine[Any, Any, int]], int], port: int) -> Callable[[], int]:
    return lambda: run(read_through_socket(port))


def main() -> None:
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    server.start()
    port = here.recv()
    measure("reader, JSON and delta", read_alone)
    measure("through a socket, asyncio", with_loop(asyncio.run, port))
    measure("through a socket, uvloop", with_loop(uvloop.run, port))
    server.terminate()
    server.join()


if __name__ == "__main__":
    main()
