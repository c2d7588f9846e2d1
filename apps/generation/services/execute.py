"""Run the next generation to its end. The only place where a worker's thread and its event loop meet."""

import time
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from psycopg_pool import PoolTimeout

from apps.endpoints.errors import AllEndpointsBusy, EndpointError, NoEndpointAvailable
from apps.endpoints.models import Endpoint
from apps.endpoints.services.reserve import reserve_endpoint
from apps.endpoints.slots import release_slot
from apps.generation.models import Generation, State
from apps.generation.runs import StopReason
from apps.generation.runtime import Runtime
from apps.generation.selectors import text_so_far
from apps.generation.services.claim import claim_next, next_waiting
from apps.generation.services.enqueue import enqueue
from apps.generation.services.finish import Outcome, finish_generation, release_generation
from apps.generation.services.stream import NEEDS, Streaming

logger = structlog.get_logger(__name__)

RETRY_SECONDS = 0.5
UNEXPECTED = "Something went wrong on our side while this reply was written. The text so far is kept."


def run_next(*, variant: str, runtime: Runtime) -> None:
    """Take a place on a model server, then whose turn it is, and run that generation to its end.

    Does nothing where no place is free: whoever frees one sends for the next. Nothing either where nothing waits.
    """
    holder = uuid4()
    endpoint, refusal = _reserve(variant, holder)
    if endpoint is None and not refusal:
        return
    generation = claim_next(variant=variant, worker=runtime.name)
    if generation is not None:
        _store(generation, _outcome(generation, endpoint, holder, refusal, runtime))
    if endpoint is not None:
        if generation is not None and generation.endpoint_id not in (None, endpoint.pk):
            release_slot(generation.endpoint_id, holder)  # it moved there
        _free_place(endpoint.pk, holder, variant)


def _reserve(variant: str, holder: UUID) -> tuple[Endpoint | None, str]:
    """An endpoint; or why there will be none; or neither, which means to wait."""
    try:
        return reserve_endpoint(variant=variant, holder=holder, needs=NEEDS), ""
    except AllEndpointsBusy:
        return None, ""
    except NoEndpointAvailable as error:
        # One that is down is tried again soon; the reaper sends for those who wait.
        soon = error.retry_after is not None and error.retry_after < settings.ENDPOINT_RETRY_MAX_SECONDS / 2
        return None, "" if soon else error.sentence


def _outcome(
    generation: Generation, endpoint: Endpoint | None, holder: UUID, refusal: str, runtime: Runtime
) -> Outcome | StopReason:
    if endpoint is None:
        return Outcome(state=State.FAILED, text=text_so_far(generation), error=refusal)
    try:
        return Streaming(generation, endpoint, holder, runtime).to_its_end()
    except EndpointError as error:  # its token cannot be read
        return Outcome(state=State.FAILED, text=text_so_far(generation), error=error.sentence)
    except Exception:
        logger.exception("generation broke", generation=str(generation.pk))
        generation.refresh_from_db()
        return Outcome(state=State.FAILED, text=text_so_far(generation), error=UNEXPECTED)


def _store(generation: Generation, outcome: Outcome | StopReason) -> None:
    """Keep trying while Postgres is away: the text is complete, and another attempt would add to it."""
    while True:
        try:
            if isinstance(outcome, Outcome):
                finish_generation(generation_id=generation.pk, attempt=generation.attempt, outcome=outcome)
            elif outcome in (StopReason.HANDOVER, StopReason.OVERLOADED):
                release_generation(generation_id=generation.pk, attempt=generation.attempt)
        except (OperationalError, InterfaceError, PoolTimeout) as error:
            logger.warning("outcome not stored", generation=str(generation.pk), error=type(error).__name__)
            close_old_connections()
            time.sleep(RETRY_SECONDS)
        else:
            return


def _free_place(endpoint_id: UUID, holder: UUID, variant: str) -> None:
    release_slot(endpoint_id, holder)
    if (waiting := next_waiting(variant=variant)) is not None:
        enqueue([waiting])
    connection.close()
