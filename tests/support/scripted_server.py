"""A scripted model server: real TCP, exact bytes. The only stand-in of the project.

A test queues a script per expected request, in the words of ``tests.support.wire``: ``server.answer(Send(b"…"), Wait(),
Reset())``. A request for which no script is queued is answered by ``counting_chat``, a small model that counts. As a
process of its own::

    python -m tests.support.scripted_server --port 9000
"""

import argparse
import asyncio
import json
import socket
import struct
import subprocess
import sys
import urllib.request
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from typing import Any, Self

import pytest

from tests.support import counting_chat
from tests.support.wire import Pause, Request, Reset, Send, Step, Wait, whole


class ScriptedServer:
    """An async context manager; ``url`` is its address, ``requests`` what it was asked."""

    def __init__(self, port: int = 0) -> None:
        self.requests: list[Request] = []
        self.open_connections = 0
        self._port = port
        self._holds = counting_chat.Holds()
        self._scripts: deque[Sequence[Step]] = deque()
        self._arrival = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port, limit=2**22)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        if self._server:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def answer(self, *steps: Step) -> None:
        """Queue the answer to the next request without one."""
        self._scripts.append(steps)

    @property
    def streams(self) -> list[dict[str, Any]]:
        """Return every stream so far: its question, and whether it is still open."""
        asked = ((request, counting_chat.question_of(request)) for request in list(self.requests))
        return [
            {
                "asked": question,
                "open": not request.left.is_set(),
                "left_early": request.left_early,
                "left_at": request.left_at,
            }
            for request, question in asked
            if question
        ]

    async def request(self, number: int = 0) -> Request:
        """Return the request of that number, counted from 0, as soon as it is there."""
        async with self._arrival:
            await self._arrival.wait_for(lambda: len(self.requests) > number)
        return self.requests[number]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self.open_connections += 1
        try:
            # Cancelled by __aexit__; reset or closed by the peer.
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._serve(reader, writer)
        finally:
            self.open_connections -= 1
            writer.transport.abort() if writer.transport.is_closing() else writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await _read_request(reader)
        async with self._arrival:
            self.requests.append(request)
            self._arrival.notify_all()
        answering = asyncio.create_task(self._answer(request, writer))
        leaving = asyncio.create_task(_wait_for_end(reader))
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            request.left_early = not answering.done()
        finally:
            request.left_at = asyncio.get_running_loop().time()
            request.left.set()
            answering.cancel()
            leaving.cancel()
            await asyncio.gather(answering, leaving, return_exceptions=True)

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if self._scripts:
            await self._play(self._scripts.popleft(), writer)
            return
        if request.path == "/streams":
            writer.write(b"".join(part.data for part in whole(200, json.dumps(self.streams).encode())))
            return
        if request.path == "/release":
            await self._holds.release(request.json)
            writer.write(b"".join(part.data for part in whole(200, b"{}")))
            return
        async for data in counting_chat.answer(request, self._holds):
            if data is None:
                _reset(writer)
                return
            writer.write(data)
            await writer.drain()

    async def _play(self, steps: Sequence[Step], writer: asyncio.StreamWriter) -> None:
        for step in steps:
            match step:
                case Send(data):
                    writer.write(data)
                    await writer.drain()
                case Pause(seconds):
                    await asyncio.sleep(seconds)
                case Wait(told):
                    await told.wait()
                case Reset():
                    _reset(writer)


async def _read_request(reader: asyncio.StreamReader) -> Request:
    top = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = top.rstrip("\r\n").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, path, headers, body)


async def _wait_for_end(reader: asyncio.StreamReader) -> None:
    with suppress(ConnectionError):
        await reader.read()


def _reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def release(url: str, questions: Sequence[str]) -> None:
    """Release the replies to these questions that a server holds, now and later."""
    data = json.dumps(questions).encode()
    with urllib.request.urlopen(f"{url}/release", data, timeout=60):  # noqa: S310 (our own address)
        pass


@pytest.fixture
async def scripted_server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as server:
        yield server


@pytest.fixture(scope="session")
def counting_server() -> Iterator[str]:
    """The address of a scripted server in a process of its own, which counts."""
    command = [sys.executable, "-m", "tests.support.scripted_server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


async def serve(port: int) -> None:
    """Serve until cancelled, saying the address once the port is open."""
    async with ScriptedServer(port) as server:
        print(server.url, flush=True)  # noqa: T201 (the parent reads it)
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, default=0)
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
