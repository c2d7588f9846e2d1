"""Drop streams on servers that go down before they send a first token."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from uuid import UUID

import structlog

from apps.endpoints.health.outages import failures_of_those_down
from apps.generation.worker.attempt import Attempt
from apps.inference.errors import FirstTokenTimedOut
from apps.stores.threads import in_thread

logger = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
PATIENCE = 3.0  # seconds without a first token before the server's health counts


async def drop_hanging_streams(attempts: Callable[[], Collection[Attempt]]) -> None:
    """Drop every stream without a first token whose server was found down since it was asked.

    llama.cpp and SGLang send headers with the first token, so a hanging server looks like a slow server, and the
    time-out for the first token is long. Probes and other replies notice earlier.
    """
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        long_ago = loop.time() - PATIENCE
        waiting = [attempt for attempt in attempts() if attempt.asked_at is not None and attempt.asked_at < long_ago]
        if waiting:
            await _drop_hanging(waiting)


async def _drop_hanging(waiting: Iterable[Attempt]) -> None:
    asked: set[UUID] = {attempt.endpoint_id for attempt in waiting if attempt.endpoint_id is not None}
    try:
        failures = await in_thread(failures_of_those_down)(asked)
    except Exception as error:  # noqa: BLE001 - Postgres may be away for a while; streams go on
        logger.warning("health not read", error=type(error).__name__)
        return
    for attempt in waiting:
        # The server of a half-open probe was down already: only a new failure counts.
        if attempt.asked_at is not None and failures.get(attempt.endpoint_id, 0) > attempt.failures:
            attempt.drop_stream(FirstTokenTimedOut("found to be down meanwhile"))
