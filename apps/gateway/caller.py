"""Cancel a generation when its caller leaves before the end."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse

from apps.gateway.answers import error_event
from apps.gateway.errors import InvalidKey
from apps.gateway.presence import has_left
from apps.gateway.services import leave_generation
from apps.generation.models import Generation
from apps.stores.threads import in_thread

_leaving: set[asyncio.Task[None]] = set()


class Caller:
    """The caller of one request; ``stays`` means that the generation continues without the caller."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.stays = request.headers.get("X-On-Disconnect", "").strip().lower() == "continue"

    @property
    def has_given_up(self) -> bool:
        """Return whether the caller left and no longer wants the reply; a stopping server does not count as leaving."""
        return has_left(self._request) and not self.stays

    async def start(self, start: Callable[[], Generation]) -> Generation:
        """Start a generation in a thread; cancel it if the caller leaves at that moment."""
        starting = asyncio.ensure_future(in_thread(start)())
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            if self.has_given_up:
                starting.add_done_callback(_leave_started)
            raise


def leave(generation_id: UUID) -> None:
    """Cancel the generation in a new task, because the caller's own task is being cancelled."""
    task = asyncio.create_task(in_thread(leave_generation)(generation_id))
    _leaving.add(task)
    task.add_done_callback(_leaving.discard)


def _leave_started(starting: "asyncio.Future[Generation]") -> None:
    if not starting.cancelled() and starting.exception() is None:
        leave(starting.result().pk)


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class ReplyStream(StreamingHttpResponse):
    """Server-sent events up to the generation's end; closing them early cancels the generation.

    A web process that stops does not close them: the generation continues, and the caller can resume.
    """

    def __init__(self, content: AsyncGenerator[bytes], *, generation: Generation, stays: bool = True) -> None:
        headers = {
            "X-Generation-Id": str(generation.pk),
            "X-Accel-Buffering": "no",
            "Cache-Control": "no-store, no-transform",
        }
        self._generation_id = generation.pk
        self._is_left = not stays
        super().__init__(self._watched(content), content_type="text/event-stream", headers=headers)

    async def _watched(self, content: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
        async with aclosing(content):
            try:
                async for piece in content:
                    yield piece
            except InvalidKey as error:  # the key was revoked, so nobody may wait for the reply
                yield error_event(error)
                return
        self._is_left = False

    def close(self) -> None:
        """Cancel the generation if the caller has left. Django calls this once, in a thread, when the answer ends."""
        if self._is_left:
            self._is_left = False
            if _in_event_loop():  # a server other than uvicorn closes it here
                leave(self._generation_id)
            else:
                leave_generation(self._generation_id)
        super().close()
