"""Cancel the generations of a request when its caller leaves before the end."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from django.http import HttpRequest, StreamingHttpResponse

from apps.gateway.answers import error_event
from apps.gateway.callers.leaving import leave
from apps.gateway.callers.presence import has_left
from apps.gateway.errors import InvalidKey
from apps.gateway.services import leave_generation
from apps.generation.models import Generation
from apps.stores.threads import in_thread

type Started = list[Generation]


class Caller:
    """The caller of one request; ``stays`` means that the generations continue without the caller."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.stays = request.headers.get("X-On-Disconnect", "").strip().lower() == "continue"

    @property
    def has_given_up(self) -> bool:
        """Return whether the caller left and no longer wants the reply; a stopping server does not count as leaving."""
        return has_left(self._request) and not self.stays

    async def start(self, start: Callable[[], Started]) -> Started:
        """Start generations in a thread; cancel them if the caller leaves at that moment."""
        starting = asyncio.ensure_future(in_thread(start)())
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            if self.has_given_up:
                starting.add_done_callback(_leave_started)
            raise


def _leave_started(starting: "asyncio.Future[Started]") -> None:
    if not starting.cancelled() and starting.exception() is None:
        for generation in starting.result():
            leave(generation.pk)


def named_in_header(generations: Sequence[Generation]) -> str:
    """Return the value of ``X-Generation-Id``: a request with several prompts has several."""
    return ", ".join(str(generation.pk) for generation in generations)


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class ReplyStream(StreamingHttpResponse):
    """Server-sent events up to the generations' end; closing them early cancels the generations.

    A web process that stops does not close them: the generations continue, and the caller can resume.
    """

    def __init__(
        self, content: AsyncGenerator[bytes], *, generations: Sequence[Generation], stays: bool = True
    ) -> None:
        headers = {
            "X-Generation-Id": named_in_header(generations),
            "X-Accel-Buffering": "no",
            "Cache-Control": "no-store, no-transform",
        }
        self._generation_ids = [generation.pk for generation in generations]
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
        """Cancel the generations if the caller has left. Django calls this once, in a thread, when the answer ends."""
        if self._is_left:
            self._is_left = False
            for generation_id in self._generation_ids:
                # A server other than uvicorn closes it in its event loop.
                (leave if _in_event_loop() else leave_generation)(generation_id)
        super().close()
