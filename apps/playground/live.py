"""Follows a run for its page, as server-sent events from any offset.

Events: ``text`` ``{"id", "at", "text"}`` (``at``: code points before it), ``state`` ``{"id", "state", "words",
"tone"}``, ``end`` ``{"id", "html"}`` with the whole output as stored, and ``over`` when the run is over.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from dataclasses import asdict
from importlib import import_module
from uuid import UUID

import structlog
from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, StreamingHttpResponse

from apps.accounts.requests import WorkbenchRequest
from apps.generation.live_connections import live_connections
from apps.generation.log.entries import Events
from apps.generation.log.follower import follower
from apps.generation.models import Generation, State
from apps.playground.display import ShownOutput
from apps.playground.models import Output, Run
from apps.playground.selectors import find_run
from apps.playground.status import Status, status_of
from apps.stores.outages import POSTGRES_AWAY
from apps.stores.threads import in_thread

logger = structlog.get_logger(__name__)

FRAME_SECONDS = 0.04  # faster updates are not visible, and a frame costs more than a token
PULSE_SECONDS = 10.0
PULSE = b": still here\n\n"

type Frames = asyncio.Queue[bytes | None]


class RunStream(StreamingHttpResponse):
    """The events of a run, until it is over or its page leaves."""

    def __init__(self, events: AsyncGenerator[bytes]) -> None:
        headers = {"X-Accel-Buffering": "no", "Cache-Control": "no-store, no-transform"}
        super().__init__(events, content_type="text/event-stream", headers=headers)


async def follow_run(request: WorkbenchRequest, run: Run, offsets: Mapping[UUID, int]) -> AsyncGenerator[bytes]:
    """Yield the events that a page with ``offsets`` (of the generations it shows) is missing."""
    frames: Frames = asyncio.Queue(maxsize=8)  # bounded: a slow page waits for itself and fills no memory
    following = asyncio.create_task(_follow_all(request, run, offsets, frames))
    session_key = request.session.session_key
    loop = asyncio.get_running_loop()
    check_at = loop.time() + PULSE_SECONDS
    try:
        while True:
            frame: bytes | None = PULSE
            with suppress(TimeoutError):
                async with asyncio.timeout_at(check_at):
                    frame = await frames.get()
            if loop.time() >= check_at:
                if await in_thread(_is_access_lost)(session_key, run.pk):
                    return
                check_at = loop.time() + PULSE_SECONDS
            if frame is None:
                return
            yield frame
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def _follow_all(request: WorkbenchRequest, run: Run, offsets: Mapping[UUID, int], frames: Frames) -> None:
    try:
        async with live_connections().hold_for(run.owner_id), asyncio.TaskGroup() as tasks:
            for output in run.outputs.all():
                tasks.create_task(_follow(output, offsets.get(output.generation_id, 0), frames, request))
        await frames.put(_event("over", {}))
    except* Exception:
        # The page reconnects with its offsets.
        logger.exception("run not followed to its end", run=str(run.pk))
    finally:
        with suppress(asyncio.CancelledError):
            await frames.put(None)


async def _follow(output: Output, offset: int, frames: Frames, request: WorkbenchRequest) -> None:
    generation, key = output.generation, str(output.generation_id)
    if not generation.is_over:
        shown: Status | None = None
        async with aclosing(follower().follow(generation.pk, after=offset)) as news:
            async for events in news:
                if events.text:
                    await frames.put(_event("text", {"id": key, "at": events.offset, "text": events.text}))
                status = _status(generation, events)
                if status is not None and status != shown and not events.ended:
                    shown = status
                    await frames.put(_event("state", {"id": key, **asdict(status)}))
                if not events.ended:
                    await asyncio.sleep(FRAME_SECONDS)
    html = await in_thread(_stored)(request, output)
    await frames.put(_event("end", {"id": key, "html": html}))


def _status(generation: Generation, events: Events) -> Status | None:
    """Return the status after ``events``; ``None`` if they do not change it."""
    if events.state is None and not events.text:
        return None
    generation.state = events.state or State.RUNNING
    return status_of(generation, is_growing=events.is_writing, position=events.position)


def _stored(request: WorkbenchRequest, output: Output) -> str:
    """Return the output's element as stored now; empty if the run was deleted."""
    stored = Output.objects.select_related("run", "generation__endpoint").filter(pk=output.pk).first()
    return ShownOutput.of(stored.run, stored).render(request) if stored else ""


def _event(name: str, content: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps(content)}\n\n".encode()


def _is_access_lost(session_key: str | None, run_id: UUID) -> bool:
    """Return whether the person has signed out, or may no longer see the run."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    try:
        return find_run(get_user(request), run_id) is None
    except POSTGRES_AWAY as error:  # keep access and streams while Postgres is down
        logger.warning("access not checked", error=type(error).__name__)
        return False
