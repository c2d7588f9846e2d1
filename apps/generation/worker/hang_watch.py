"""Leaves servers that go down while they owe a reply its first token."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from uuid import UUID

import structlog

from apps.endpoints.health.outages import failures_of_those_down
from apps.generation.worker.run import Run
from apps.inference.errors import FirstTokenTimedOut
from apps.stores.threads import in_thread

logger = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
PATIENCE = 3.0  # seconds for the first token, before it matters what others find out about the server


async def leave_those_that_hang(runs: Callable[[], Collection[Run]]) -> None:
    """Drop every stream that has brought nothing yet from a server that has been found to be down since it was asked.

    llama.cpp and SGLang send their headers with the first token, so that one that hangs looks like one that thinks:
    the time-out for a first token is long. Probes and other replies know earlier.
    """
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        long_ago = loop.time() - PATIENCE
        waiting = [run for run in runs() if run.asked_at is not None and run.asked_at < long_ago]
        if waiting:
            await _drop_hanging(waiting)


async def _drop_hanging(waiting: Iterable[Run]) -> None:
    asked: set[UUID] = {run.endpoint_id for run in waiting if run.endpoint_id is not None}
    try:
        failures = await in_thread(failures_of_those_down)(asked)
    except Exception as error:  # noqa: BLE001 - Postgres may be away for a while; streams go on
        logger.warning("health not read", error=type(error).__name__)
        return
    for run in waiting:
        # A server that was down when it was asked, on trial, has to fail again.
        if run.asked_at is not None and failures.get(run.endpoint_id, 0) > run.failures:
            run.drop_stream(FirstTokenTimedOut("found to be down meanwhile"))
