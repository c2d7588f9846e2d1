"""Format server-sent events, and add keep-alives."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

import msgspec

from apps.generation.log.entries import Events

KEEP_ALIVE = b": keep-alive\n\n"


def event(content: Any, *, name: str = "", event_id: int | None = None) -> bytes:
    """Return one event; its data is JSON on one line."""
    fields = [b"data: ", msgspec.json.encode(content), b"\n\n"]
    if name:
        fields.insert(0, f"event: {name}\n".encode())
    if event_id is not None:
        fields.insert(0, f"id: {event_id}\n".encode())
    return b"".join(fields)


async def begun(content: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """Run ``content`` up to its first piece and return all of it, so that early errors get a status of their own."""
    return _after(await anext(content), content)


async def _after(first: bytes, rest: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    async with aclosing(rest):
        yield first
        async for piece in rest:
            yield piece


async def with_pulse(source: AsyncGenerator[Events], *, seconds: float, first: float) -> AsyncGenerator[Events | None]:
    """Yield what ``source`` yields, and ``None`` after ``seconds`` of silence (``first`` seconds before any text)."""
    waiting: asyncio.Future[Events | None] | None = None
    patience = first
    try:
        while True:
            waiting = asyncio.ensure_future(anext(source, None))
            while not (await asyncio.wait([waiting], timeout=patience))[0]:
                patience = seconds
                yield None
            if (events := waiting.result()) is None:
                return
            if events.text:
                patience = seconds
            yield events
    finally:
        if waiting is not None and not waiting.done():
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        await source.aclose()


def together(sources: Sequence[AsyncGenerator[bytes]]) -> AsyncGenerator[bytes]:
    """Merge the sources: return their pieces as they come. The first error of a source ends all."""
    return sources[0] if len(sources) == 1 else _merged(sources)


async def _merged(sources: Sequence[AsyncGenerator[bytes]]) -> AsyncGenerator[bytes]:
    pieces: asyncio.Queue[bytes | Exception | None] = asyncio.Queue(maxsize=len(sources))
    pumps = [asyncio.create_task(_pump(source, pieces)) for source in sources]
    remaining = len(pumps)
    try:
        while remaining:
            piece = await pieces.get()
            if isinstance(piece, Exception):
                raise piece
            if piece is None:
                remaining -= 1
            else:
                yield piece
    finally:
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)


async def _pump(source: AsyncGenerator[bytes], pieces: "asyncio.Queue[bytes | Exception | None]") -> None:
    """Put every piece into the queue, then ``None`` or the error."""
    try:
        async with aclosing(source):
            async for piece in source:
                await pieces.put(piece)
    except Exception as error:  # noqa: BLE001 (raised again by the reader)
        await pieces.put(error)
    else:
        await pieces.put(None)
