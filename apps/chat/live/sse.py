"""Server-sent events: carry a viewer's frames where WebSockets are blocked."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing

from django.http import StreamingHttpResponse

from apps.chat.live.cursor import Cursor
from apps.chat.live.failures import log_failure
from apps.chat.live.viewer import AccessLost, Viewer
from apps.generation.errors import TooManyConnections

LINE_END = re.compile(r"\r\n|\r|\n")


class EventStream(StreamingHttpResponse):
    """A viewer's frames as events, until the page leaves or loses access."""

    def __init__(self, frames: AsyncGenerator[str]) -> None:
        headers = {"X-Accel-Buffering": "no", "Cache-Control": "no-store, no-transform"}
        super().__init__(_written(frames), content_type="text/event-stream", headers=headers)


async def _written(frames: AsyncGenerator[str]) -> AsyncGenerator[bytes]:
    async with aclosing(frames):
        async for frame in frames:
            yield event(frame)


def event(frame: str) -> bytes:
    """Return an event. Browsers read every kind of line end in an event as a new line."""
    lines = LINE_END.sub("\ndata: ", frame)
    return f"data: {lines}\n\n".encode()


class Handover:
    """Hold one frame at a time, so that the viewer waits for its reader."""

    def __init__(self) -> None:
        self._frames: asyncio.Queue[str | None] = asyncio.Queue(maxsize=1)

    async def send(self, frame: str) -> None:
        await self._frames.put(frame)

    async def frames(self, viewer: Viewer, cursor: Cursor) -> AsyncGenerator[str]:
        """Yield the frames of ``viewer``, which sends to this handover."""
        showing = asyncio.create_task(self._show(viewer, cursor))
        try:
            while (frame := await self._frames.get()) is not None:
                yield frame
        finally:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)

    async def _show(self, viewer: Viewer, cursor: Cursor) -> None:
        try:
            await viewer.show(cursor)
        except TooManyConnections:
            pass  # the limit was checked a moment before, and another connection came first
        except BaseExceptionGroup as failures:
            if not failures.subgroup(AccessLost):
                log_failure(failures)
        except Exception as failure:  # noqa: BLE001 (the reader would wait for a frame without end)
            log_failure(failure)
        # The page connects again, and the answer says why this stream ended.
        await self._frames.put(None)
