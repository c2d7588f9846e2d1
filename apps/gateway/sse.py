"""Server-sent events, from what a generation's follower yields."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import msgspec

from apps.generation.log.entries import Events

KEEP_ALIVE = b": keep-alive\n\n"


def event(content: Any, *, name: str = "", event_id: int | None = None) -> bytes:
    """One event; its data is JSON, in one line."""
    fields = [b"data: ", msgspec.json.encode(content), b"\n\n"]
    if name:
        fields.insert(0, f"event: {name}\n".encode())
    if event_id is not None:
        fields.insert(0, f"id: {event_id}\n".encode())
    return b"".join(fields)


async def begun(content: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """Run up to the first piece, so that what is refused is refused before the answer begins; return all of it."""
    return _after(await anext(content), content)


async def _after(first: bytes, rest: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    async with aclosing(rest):
        yield first
        async for piece in rest:
            yield piece


async def with_pulse(source: AsyncGenerator[Events], *, seconds: float) -> AsyncGenerator[Events | None]:
    """Yield what ``source`` yields, and ``None`` whenever it was silent for so long."""
    waiting: asyncio.Future[Events | None] | None = None
    try:
        while True:
            waiting = asyncio.ensure_future(anext(source, None))
            while not (await asyncio.wait([waiting], timeout=seconds))[0]:
                yield None
            if (events := waiting.result()) is None:
                return
            yield events
    finally:
        if waiting is not None and not waiting.done():
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        await source.aclose()
