"""Run the next generation to its end. Only here do a worker's threads and its event loop meet."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from django.db import close_old_connections, connection
from structlog.contextvars import bound_contextvars

from apps.endpoints.errors import AllEndpointsBusy, EndpointError, NoEndpointAllowed, NoEndpointAvailable
from apps.endpoints.models import Endpoint, Health
from apps.endpoints.services.reserve import Candidates
from apps.endpoints.slots import new_holder, release_slot
from apps.generation.models import Generation, State
from apps.generation.selectors import text_so_far
from apps.generation.services.claim import claim_next, endpoints_and_wishes, next_queued
from apps.generation.services.ending import settle_log
from apps.generation.services.enqueue import enqueue
from apps.generation.services.finish import Outcome, finish_generation, leave_stuck, release_generation
from apps.generation.worker.attempt import StopReason
from apps.generation.worker.failover import Failover
from apps.generation.worker.runtime import Runtime
from apps.stores.outages import POSTGRES_AWAY, STORE_AWAY

logger = structlog.get_logger(__name__)

RETRY_SECONDS = 0.5
UNEXPECTED = "Something went wrong on our side while this reply was written. The text so far is kept."


@dataclass(frozen=True, slots=True)
class Reservation:
    """A slot on ``endpoint``. Without an endpoint, ``refusal`` says why no endpoint can ever run the generation.

    ``whoever``: the slot is also open to generations that may run anywhere. If endpoints name groups, the slot is for
    generations of ``owners``, or ``only`` is the generation that is refused.
    """

    endpoint: Endpoint | None = None
    refusal: str = ""
    whoever: bool = True
    only: UUID | None = None
    owners: Sequence[int] | None = None


def generate_next(*, variant: str, task: str, runtime: Runtime) -> None:
    """Reserve a slot on an endpoint for ``task``, claim the generation whose turn it is, and run it to its end.

    Does nothing if no slot is free or nothing is queued: freeing a slot sends the next ticket.
    """
    holder = new_holder(runtime.name)
    slot = _reserve_slot(variant, task, holder)
    if slot is None:
        return
    endpoint = slot.endpoint
    generation = claim_next(
        variant=variant,
        task=task,
        worker=runtime.name,
        endpoint_id=endpoint.pk if endpoint else None,
        whoever=slot.whoever,
        only=slot.only,
        owners=slot.owners,
    )
    if generation is not None:
        with bound_contextvars(**_names(generation)):
            logger.info("generation claimed", attempt=generation.attempt, endpoint=endpoint.name if endpoint else None)
            failover = Failover(generation, endpoint, holder, runtime) if endpoint else None
            outcome = _outcome(generation, failover, slot.refusal)
            _store(generation, outcome, is_probe=endpoint is not None and endpoint.health == Health.DOWN)
            if failover:
                failover.record_success()
            logger.info("generation left", **_facts(outcome))
    if endpoint is not None:
        if generation is not None and generation.endpoint_id not in (None, endpoint.pk):
            release_slot(generation.endpoint_id, holder)  # the slot that a failover took
        _free_slot(endpoint.pk, holder, variant)


def _names(generation: Generation) -> dict[str, str | None]:
    """Return the ids for each log line about the generation: the ticket may come from another request."""
    return {
        "generation": str(generation.pk),
        "request_id": str(generation.request_id) if generation.request_id else None,
    }


def _facts(outcome: Outcome | StopReason) -> dict[str, str | int | None]:
    """Return the facts of the end for the log: nothing that a person or a model wrote."""
    if isinstance(outcome, StopReason):
        return {"stopped": outcome}
    return {"state": outcome.state, "error_kind": outcome.error_kind, "completion_tokens": outcome.completion_tokens}


def _reserve_slot(variant: str, task: str, holder: UUID) -> Reservation | None:
    """Reserve a slot for the first queued generation that can run now. A wish for a busy endpoint blocks nobody."""
    endpoints, wishes = endpoints_and_wishes(variant=variant, task=task)
    for wish in wishes:
        candidates = Candidates(variant, endpoints, wish.barred)
        try:
            endpoint = candidates.reserve(holder=holder, needs=(task,), only=wish.only)
        except AllEndpointsBusy:
            continue
        except NoEndpointAllowed as error:
            return Reservation(refusal=error.sentence, only=wish.first)
        except NoEndpointAvailable as error:
            # An endpoint that is down may come back: the reaper sends tickets again and ends the wait.
            if wish.only is None and error.retry_after is None:
                return Reservation(refusal=error.sentence, only=wish.first)
            continue
        # A degraded or down endpoint gets only generations that asked for it.
        whoever = wish.only is None or endpoint.health not in (Health.DEGRADED, Health.DOWN)
        return Reservation(endpoint, whoever=whoever, owners=wish.owners)
    return None


def _outcome(generation: Generation, failover: Failover | None, refusal: str) -> Outcome | StopReason:
    if failover is None:
        return Outcome(state=State.FAILED, text=text_so_far(generation), error=refusal)
    try:
        return failover.to_its_end()
    except EndpointError as error:  # the endpoint's token cannot be decrypted, so the generation fails
        return Outcome(state=State.FAILED, text=text_so_far(generation), error=error.sentence)
    except STORE_AWAY as error:  # the log has the text so far; the next attempt continues it
        logger.warning("generation given back", generation=str(generation.pk), error=type(error).__name__)
        return StopReason.HANDOVER
    except Exception:
        logger.exception("generation crashed", generation=str(generation.pk))
        generation.refresh_from_db()
        return Outcome(state=State.FAILED, text=text_so_far(generation), error=UNEXPECTED)


def _store(generation: Generation, outcome: Outcome | StopReason, *, is_probe: bool) -> None:
    """Store the outcome. Retry while Postgres is down: the text is complete, and another attempt would add to it."""
    generation_id, attempt = generation.pk, generation.attempt
    while True:
        try:
            match outcome:
                case Outcome():
                    if not finish_generation(generation_id=generation_id, attempt=attempt, outcome=outcome):
                        settle_log(generation_id=generation_id)
                case StopReason.HANDOVER:
                    release_generation(generation_id=generation_id, attempt=attempt)
                case StopReason.OVERLOADED:
                    leave_stuck(generation_id=generation_id, attempt=attempt, counts=False)
                case StopReason.UNSERVED:
                    leave_stuck(generation_id=generation_id, attempt=attempt, counts=not is_probe)
                case StopReason.CANCELLED | StopReason.LOST:
                    settle_log(generation_id=generation_id)
        except POSTGRES_AWAY as error:
            logger.warning("outcome not stored", generation=str(generation.pk), error=type(error).__name__)
            close_old_connections()
            time.sleep(RETRY_SECONDS)
        else:
            return


def _free_slot(endpoint_id: UUID, holder: UUID, variant: str) -> None:
    release_slot(endpoint_id, holder)
    for task, generation_id in next_queued(variant=variant):
        enqueue([generation_id], job=(variant, task))
    connection.close()
