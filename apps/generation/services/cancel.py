"""Stop a generation, wherever it runs."""

from uuid import UUID

import structlog
from django.db import connection, transaction
from redis.exceptions import RedisError

from apps.generation.log import store
from apps.generation.log.entries import Ended
from apps.generation.models import Generation, State
from apps.generation.services.ending import end_the_log
from apps.generation.signals import generation_ended

logger = structlog.get_logger(__name__)

CANCEL = """
    UPDATE generation_generation
    SET state = 'cancelled', lease_expires_at = NULL, stuck_since = NULL, ended_at = now()
    WHERE id = %s AND state IN ('queued', 'running')
    RETURNING attempt, text
"""


def cancel_generation(*, generation_id: UUID) -> bool:
    """End the generation as cancelled, with the text in its log now. Return False if it was over.

    The end entry freezes the log: a worker that missed the broadcast stops at the next token that it tries to append.
    While Redis is down, the worker learns of the cancellation with its next checkpoint.
    """
    with connection.cursor() as cursor:
        cursor.execute(CANCEL, [generation_id])
        cancelled: tuple[int, str] | None = cursor.fetchone()
    if cancelled is None:
        return False
    attempt, text = cancelled
    try:
        end_the_log(generation_id, attempt=attempt, ended=Ended(state=State.CANCELLED), text=text)
        store.broadcast_cancellation(generation_id)
    except RedisError as error:
        logger.warning("log not ended", generation=str(generation_id), error=type(error).__name__)
    transaction.on_commit(lambda: generation_ended.send_robust(Generation, generation_id=generation_id))
    return True
