"""Server-sent events, from what a generation's follower yields."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import msgspec

from apps.generation.events import Events

KEEP_ALIVE = b": keep-alive\n\n"
KEEP_ALIVE_SECONDS = 10.0  # proxies close what is silent for a minute, some sooner


def event(content: Any, *, name: str = "", event_id: int | None = None) -> bytes:
    """One event; its data is JSON, in one line."""
    fields = [b"data: ", msgspec.json.encode(content), b"\n\n"]
    if name:
        fields.insert(0, f"event: {name}\n".encode())
    if event_id is not None:
        fields.insert(0, f"id: {event_id}\n".encode())
    return b"".join(fields)


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
