"""A model server that stamps each token with the time at which it was sent.

    uv run python -m benchmarks.stamping_model

Speaks OpenAI's streaming chat. The last user message says what to do: "stamp 200 at 50 per second". A token is
`` t12x345678``: its number, and milliseconds of the machine's monotonic clock. The first comes after 50 ms.
"""

import asyncio
import json
import re
import time
from typing import Any

FIRST_TOKEN_SECONDS = 0.05
TOKENS_PER_LINE = 25
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"


def milliseconds() -> int:
    return int(time.monotonic() * 1000)


class Stamping(asyncio.Protocol):
    """One connection. Timers write all tokens, without a task or stream reader."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._received = b""
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
        if not found or len(body) < (int(length[1]) if length else 0):
            return
        self._received = b""
        if not head.startswith(b"POST"):
            content = json.dumps({"data": [{"id": "stamping"}]}).encode()
            self.transport.write(PAGE % (len(content), content))
            self.transport.close()
            return
        asked = re.findall(r"stamp (\d+) at (\d+) per second", json.loads(body)["messages"][-1]["content"])
        tokens, per_second = map(int, asked[-1]) if asked else (1, 50)
        self.transport.write(HEAD)
        self._begin(tokens, per_second)

    def _begin(self, tokens: int, per_second: int) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time() + FIRST_TOKEN_SECONDS
        number = 0

        def send() -> None:
            nonlocal number
            line = "\n\n" if number % TOKENS_PER_LINE == TOKENS_PER_LINE - 1 else ""
            self._write({"choices": [{"index": 0, "delta": {"content": f" t{number}x{milliseconds()}{line}"}}]})
            number += 1
            if number < tokens:
                self._timer = loop.call_at(started + number / per_second, send)
            else:
                self._end(tokens)

        self._timer = loop.call_at(started, send)

    def _end(self, tokens: int) -> None:
        self._write({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        usage = {"prompt_tokens": 10, "completion_tokens": tokens, "total_tokens": tokens + 10}
        self._write({"choices": [], "usage": usage})
        done = b"data: [DONE]\n\n"
        self.transport.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(done), done))

    def _write(self, event: dict[str, Any]) -> None:
        data = b"data: %s\n\n" % json.dumps({"object": "chat.completion.chunk", **event}).encode()
        self.transport.write(b"%x\r\n%s\r\n" % (len(data), data))


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Stamping, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main())
