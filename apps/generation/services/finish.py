"""End a generation, or give it back to the queue."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
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

logger = structlog.get_logger(__name__)

OPTIONAL = ("sent", "scored")


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
    if outcome.scored is None:
        return _end(_held(generation_id, attempt), generation_id, attempt, outcome)
    tokens = store.encode_tokens(outcome.scored).decode()
    with transaction.atomic():
        # Before the end, which readers take for a sign that all is there.
        if not _held(generation_id, attempt).select_for_update().exists():
            return False
        LogProbabilities.objects.update_or_create(generation_id=generation_id, defaults={"tokens": tokens})
    return _end(_held(generation_id, attempt), generation_id, attempt, replace(outcome, scored=None))


def give_up_generation(*, generation: Generation, error: str) -> bool:
    """Fail a generation that is queued or whose lease has expired. Return False if it has changed since it was read."""
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
    return _end(given_up, generation.pk, generation.attempt, outcome)


def release_generation(*, generation_id: UUID, attempt: int) -> bool:
    """Give a running generation back to the queue for another worker."""
    return _requeue(_held(generation_id, attempt), generation_id, attempt, stuck_since=None)


def leave_stuck(*, generation_id: UUID, attempt: int, counts: bool) -> bool:
    """Give a running generation back to the queue because every endpoint for it is down or refuses work.

    ``counts``: its endpoint went down under this attempt. After ``GENERATION_MAX_ATTEMPTS`` of these it fails, because
    the request itself may bring endpoints down.
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


def _end(held: GenerationQuerySet, generation_id: UUID, attempt: int, outcome: Outcome) -> bool:
    known = {name: value for name, value in asdict(outcome).items() if name not in OPTIONAL or value is not None}
    ended = held.update(
        **known,
        text_length=len(outcome.text),
        stuck_since=None,
        lease_expires_at=None,
        ended_at=Now(),
    )
    if not ended:
        return False
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
    transaction.on_commit(lambda: generation_ended.send_robust(Generation, generation_id=generation_id))
    return True


def _requeue(held: GenerationQuerySet, generation_id: UUID, attempt: int, **changes: Any) -> bool:
    requeued = held.update(state=State.QUEUED, lease_expires_at=None, enqueued_at=Now(), **changes)
    if not requeued:
        return False
    try:
        store.write_state(generation_id, State.QUEUED, attempt=attempt)
    except RedisError as error:  # its position says it at the next tick
        logger.warning("state not written", generation=str(generation_id), error=type(error).__name__)
    enqueue([generation_id])
    return True
