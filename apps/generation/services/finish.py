"""End a generation, or give it back to the queue."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now
from redis.exceptions import RedisError

from apps.generation.log import store
from apps.generation.log.entries import Ended
from apps.generation.models import Generation, GenerationQuerySet, LogProbabilities, State
from apps.generation.request_record import RequestRecords
from apps.generation.selectors import text_so_far
from apps.generation.services.ending import end_the_log
from apps.generation.services.enqueue import enqueue
from apps.generation.signals import generation_ended
from apps.inference.logprobs import ScoredToken
from apps.stores.compiled import prepared

logger = structlog.get_logger(__name__)

OPTIONAL = ("sent", "scored")
FINISH = """
    UPDATE generation_generation
    SET state = %(state)s, text = %(text)s, text_length = %(length)s, finish_reason = %(finish_reason)s,
        error = %(error)s, error_kind = %(error_kind)s, prompt_tokens = %(prompt_tokens)s::int,
        completion_tokens = %(completion_tokens)s::int, first_token_at = %(first_token_at)s::timestamptz,
        left_out = %(left_out)s::int, sent = coalesce(%(sent)s::jsonb, sent),
        stuck_since = NULL, lease_expires_at = NULL, ended_at = statement_timestamp()
    WHERE id = %(id)s AND attempt = %(attempt)s AND state = 'running'
    RETURNING api_key_id IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of an attempt: ``state`` is ``succeeded`` or ``failed``; ``text`` is the whole reply.

    ``sent`` holds the request records; ``None`` leaves the stored ones. ``scored`` are the tokens of a reply that was
    asked for with log probabilities.
    """

    state: State
    text: str
    finish_reason: str = ""
    error: str = ""
    error_kind: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    first_token_at: datetime | None = None
    left_out: int = 0
    sent: RequestRecords | None = None
    scored: Sequence[ScoredToken] | None = None


def finish_generation(*, generation_id: UUID, attempt: int, outcome: Outcome) -> bool:
    """Store the outcome, then end the event log. Return False if this attempt no longer holds the generation."""
    if outcome.scored is not None and not _store_tokens(generation_id, attempt, outcome.scored):
        return False
    sent = None if outcome.sent is None else json.dumps(outcome.sent)
    given: dict[str, Any] = {"id": generation_id, "attempt": attempt, "length": len(outcome.text)}
    with prepared(connection), connection.cursor() as cursor:
        cursor.execute(FINISH, {**given, **_values(outcome), "state": outcome.state.value, "sent": sent})
        ended = cursor.fetchone()
    if ended is None:
        return False
    _tell(generation_id, attempt, outcome, is_for_api=ended[0])
    return True


def _store_tokens(generation_id: UUID, attempt: int, scored: Sequence[ScoredToken]) -> bool:
    """Store the tokens before the end: readers expect them once the end is stored. Return False as above."""
    tokens = store.encode_tokens(scored).decode()
    with transaction.atomic():
        if not _held(generation_id, attempt).select_for_update().exists():
            return False
        LogProbabilities.objects.update_or_create(generation_id=generation_id, defaults={"tokens": tokens})
    return True


def give_up_generation(*, generation: Generation, error: str) -> bool:
    """Fail a generation that is queued or has lost its lease. Return False if it has changed since it was read."""
    given_up = Generation.objects.filter(pk=generation.pk, attempt=generation.attempt)
    given_up = given_up.filter(state=State.QUEUED) | given_up.with_expired_lease()
    outcome = Outcome(
        state=State.FAILED,
        text=text_so_far(generation),
        error=error,
        completion_tokens=generation.completion_tokens,
        first_token_at=generation.first_token_at,
        left_out=generation.left_out,
    )
    changes = {**_values(outcome), "text_length": len(outcome.text), "stuck_since": None, "lease_expires_at": None}
    if not given_up.update(**changes, ended_at=Now()):
        return False
    _tell(generation.pk, generation.attempt, outcome)
    return True


def release_generation(*, generation_id: UUID, attempt: int) -> bool:
    """Give a running generation back to the queue for another worker."""
    return _requeue(_held(generation_id, attempt), generation_id, attempt, stuck_since=None)


def leave_stuck(*, generation_id: UUID, attempt: int, counts: bool) -> bool:
    """Give a running generation back to the queue because every endpoint for it is down or refuses work.

    ``counts``: its endpoint went down during this attempt. After ``GENERATION_MAX_ATTEMPTS`` such attempts the
    generation fails, because the request itself may bring endpoints down.
    """
    return _requeue(
        _held(generation_id, attempt),
        generation_id,
        attempt,
        stuck_since=Coalesce("stuck_since", Now()),
        lost_leases=F("lost_leases") + int(counts),
    )


def take_back_generation(*, generation_id: UUID, attempt: int) -> bool:
    """Requeue a generation whose lease has expired. Return False if it was renewed meanwhile."""
    lost = Generation.objects.with_expired_lease().filter(pk=generation_id, attempt=attempt)
    return _requeue(lost, generation_id, attempt, lost_leases=F("lost_leases") + 1)


def _held(generation_id: UUID, attempt: int) -> GenerationQuerySet:
    return Generation.objects.filter(pk=generation_id, attempt=attempt, state=State.RUNNING)


def _values(outcome: Outcome) -> dict[str, Any]:
    return {field.name: getattr(outcome, field.name) for field in fields(Outcome) if field.name not in OPTIONAL}


def _tell(generation_id: UUID, attempt: int, outcome: Outcome, *, is_for_api: bool = False) -> None:
    """End the log of a generation that Postgres knows to be over, and send the signal."""
    end = Ended(
        state=outcome.state,
        finish_reason=outcome.finish_reason,
        error=outcome.error,
        error_kind=outcome.error_kind,
        usage={"prompt_tokens": outcome.prompt_tokens, "completion_tokens": outcome.completion_tokens},
    )
    try:
        end_the_log(generation_id, attempt=attempt, ended=end, text=outcome.text)
    except RedisError as error:  # readers of a silent log ask Postgres
        logger.warning("event log not ended", generation=str(generation_id), error=type(error).__name__)
    news = {"generation_id": generation_id, "is_for_api": is_for_api}
    transaction.on_commit(lambda: generation_ended.send_robust(Generation, **news))


def _requeue(held: GenerationQuerySet, generation_id: UUID, attempt: int, **changes: Any) -> bool:
    requeued = held.update(state=State.QUEUED, lease_expires_at=None, enqueued_at=Now(), **changes)
    if not requeued:
        return False
    try:
        store.write_state(generation_id, State.QUEUED, attempt=attempt)
    except RedisError as error:  # the next reaping writes the position, which tells readers too
        logger.warning("state not written", generation=str(generation_id), error=type(error).__name__)
    enqueue([generation_id])
    return True
