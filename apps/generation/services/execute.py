"""Run one claimed generation to its end. The only place where a worker's thread and its event loop meet."""

import time
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from psycopg_pool import PoolTimeout

from apps.endpoints.errors import EndpointError
from apps.endpoints.selectors import choose_endpoint
from apps.generation.models import Generation, State
from apps.generation.relay import Destination, relay
from apps.generation.runs import StopReason
from apps.generation.runtime import Runtime
from apps.generation.selectors import text_so_far
from apps.generation.services.claim import claim_generation
from apps.generation.services.finish import Outcome, finish_generation, release_generation

logger = structlog.get_logger(__name__)

RETRY_SECONDS = 0.5
UNEXPECTED = "Something went wrong on our side while this reply was written. The text so far is kept."


def execute_generation(*, generation_id: UUID, runtime: Runtime) -> None:
    """Claim the generation, stream it, and store how it ended. Does nothing where another worker has it."""
    generation = claim_generation(generation_id=generation_id, worker=runtime.name)
    if generation is None:
        return
    try:
        outcome = _run(generation, runtime)
    except Exception:
        logger.exception("generation broke", generation=str(generation_id))
        generation.refresh_from_db()
        outcome = _failure(generation, UNEXPECTED)
    _store(generation, outcome)


def _store(generation: Generation, outcome: Outcome | StopReason) -> None:
    """Keep trying while Postgres is away: the text is complete, and another attempt would add to it."""
    while True:
        try:
            if isinstance(outcome, Outcome):
                finish_generation(generation_id=generation.pk, attempt=generation.attempt, outcome=outcome)
            elif outcome is StopReason.HANDOVER:
                release_generation(generation_id=generation.pk, attempt=generation.attempt)
        except (OperationalError, InterfaceError, PoolTimeout) as error:
            logger.warning("outcome not stored", generation=str(generation.pk), error=type(error).__name__)
            close_old_connections()
            time.sleep(RETRY_SECONDS)
        else:
            return


def _run(generation: Generation, runtime: Runtime) -> Outcome | StopReason:
    try:
        endpoint = choose_endpoint(variant=generation.variant)
    except EndpointError as error:
        return _failure(generation, error.sentence)
    Generation.objects.filter(pk=generation.pk, attempt=generation.attempt).update(endpoint=endpoint)
    destination = Destination(server=endpoint.server, protocol=endpoint.protocol)
    connection.close()  # a stream takes minutes, and there are more of them than connections
    return runtime.call(relay(runtime, generation, destination))


def _failure(generation: Generation, sentence: str) -> Outcome:
    return Outcome(state=State.FAILED, text=text_so_far(generation), error=sentence)
