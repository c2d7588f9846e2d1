"""Run the next generation to its end. The only place where a worker's thread and its event loop meet."""

import time
from dataclasses import dataclass
from uuid import UUID

import structlog
from django.db import close_old_connections, connection

from apps.endpoints.errors import AllEndpointsBusy, EndpointError, NoEndpointAvailable
from apps.endpoints.models import Endpoint, Health
from apps.endpoints.services.reserve import Candidates
from apps.endpoints.slots import new_holder, release_slot
from apps.generation.models import Generation, State
from apps.generation.selectors import text_so_far
from apps.generation.services.claim import claim_next, next_waiting, wishes
from apps.generation.services.ending import settle_log
from apps.generation.services.enqueue import enqueue
from apps.generation.services.finish import Outcome, finish_generation, leave_stuck, release_generation
from apps.generation.worker.attempt import Streaming
from apps.generation.worker.run import StopReason
from apps.generation.worker.runtime import Runtime
from apps.stores.outages import POSTGRES_AWAY, STORE_AWAY

logger = structlog.get_logger(__name__)

RETRY_SECONDS = 0.5
UNEXPECTED = "Something went wrong on our side while this reply was written. The text so far is kept."


@dataclass(frozen=True, slots=True)
class Taken:
    """A place on ``endpoint``; or without one, why there will be none for those that any server may write.

    ``whoever``: it is not only for those that want this very endpoint.
    """

    endpoint: Endpoint | None = None
    refusal: str = ""
    whoever: bool = True


def run_next(*, variant: str, task: str, runtime: Runtime) -> None:
    """Take a place on a model server that does ``task``, then whose turn it is there, and run that to its end.

    Does nothing where no place is free: whoever frees one sends for the next. Nothing either where nothing waits.
    """
    holder = new_holder(runtime.name)
    taken = _take_place(variant, task, holder)
    if taken is None:
        return
    endpoint = taken.endpoint
    generation = claim_next(
        variant=variant,
        task=task,
        worker=runtime.name,
        endpoint_id=endpoint.pk if endpoint else None,
        whoever=taken.whoever,
    )
    if generation is not None:
        outcome = _outcome(generation, endpoint, holder, taken.refusal, runtime)
        _store(generation, outcome, is_trial=endpoint is not None and endpoint.health == Health.DOWN)
    if endpoint is not None:
        if generation is not None and generation.endpoint_id not in (None, endpoint.pk):
            release_slot(generation.endpoint_id, holder)  # it moved there
        _free_place(endpoint.pk, holder, variant)


def _take_place(variant: str, task: str, holder: UUID) -> Taken | None:
    """A place for the first in line who can have one: who waits for a server that is full or away holds nobody up."""
    wanted = wishes(variant=variant, task=task)
    if not wanted:
        return None
    candidates = Candidates.of(variant)
    for only in wanted:
        try:
            endpoint = candidates.reserve(holder=holder, needs=(task,), only=only)
        except AllEndpointsBusy:
            continue
        except NoEndpointAvailable as error:
            # One that is down may come back, and so may one that is wanted: the reaper sends for those who wait, and
            # ends the wait.
            if only is None and error.retry_after is None:
                return Taken(refusal=error.sentence)
            continue
        # What nobody else would get, a trial above all, is for those who asked for it.
        return Taken(endpoint, whoever=only is None or endpoint.health not in (Health.DEGRADED, Health.DOWN))
    return None


def _outcome(
    generation: Generation, endpoint: Endpoint | None, holder: UUID, refusal: str, runtime: Runtime
) -> Outcome | StopReason:
    if endpoint is None:
        return Outcome(state=State.FAILED, text=text_so_far(generation), error=refusal)
    try:
        return Streaming(generation, endpoint, holder, runtime).to_its_end()
    except EndpointError as error:  # its token cannot be read
        return Outcome(state=State.FAILED, text=text_so_far(generation), error=error.sentence)
    except STORE_AWAY as error:  # before or between streams: what is written is in the log, and another goes on with it
        logger.warning("generation given back", generation=str(generation.pk), error=type(error).__name__)
        return StopReason.HANDOVER
    except Exception:
        logger.exception("generation broke", generation=str(generation.pk))
        generation.refresh_from_db()
        return Outcome(state=State.FAILED, text=text_so_far(generation), error=UNEXPECTED)


def _store(generation: Generation, outcome: Outcome | StopReason, *, is_trial: bool) -> None:
    """Keep trying while Postgres is away: the text is complete, and another attempt would add to it."""
    generation_id, attempt = generation.pk, generation.attempt
    while True:
        try:
            match outcome:
                case Outcome():
                    if not finish_generation(generation_id=generation_id, attempt=attempt, outcome=outcome):
                        settle_log(generation_id=generation_id)
                case StopReason.HANDOVER | StopReason.OVERLOADED:
                    release_generation(generation_id=generation_id, attempt=attempt)
                case StopReason.UNSERVED:
                    leave_stuck(generation_id=generation_id, attempt=attempt, counts=not is_trial)
                case StopReason.CANCELLED | StopReason.LOST:
                    settle_log(generation_id=generation_id)
        except POSTGRES_AWAY as error:
            logger.warning("outcome not stored", generation=str(generation.pk), error=type(error).__name__)
            close_old_connections()
            time.sleep(RETRY_SECONDS)
        else:
            return


def _free_place(endpoint_id: UUID, holder: UUID, variant: str) -> None:
    release_slot(endpoint_id, holder)
    enqueue(next_waiting(variant=variant))
    connection.close()
