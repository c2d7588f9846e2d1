"""End a generation, or give it back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db.models import F
from django.db.models.functions import Now
from redis.exceptions import RedisError

from apps.generation import event_log
from apps.generation.events import Ended
from apps.generation.models import Generation, GenerationQuerySet, State
from apps.generation.services.enqueue import enqueue

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: ``state`` is ``succeeded`` or ``failed``; ``text`` is the whole reply."""

    state: State
    text: str
    finish_reason: str = ""
    error: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    first_token_at: datetime | None = None
    left_out: int = 0


def finish_generation(*, generation_id: UUID, attempt: int, outcome: Outcome) -> bool:
    """Store the outcome, then end the event log. False where this attempt no longer holds the generation."""
    finished = Generation.objects.filter(pk=generation_id, attempt=attempt, state=State.RUNNING).update(
        state=outcome.state,
        text=outcome.text,
        text_length=len(outcome.text),
        finish_reason=outcome.finish_reason,
        error=outcome.error,
        prompt_tokens=outcome.prompt_tokens,
        completion_tokens=outcome.completion_tokens,
        first_token_at=outcome.first_token_at,
        left_out=outcome.left_out,
        lease_expires_at=None,
        ended_at=Now(),
    )
    if not finished:
        return False
    ended = Ended(
        state=outcome.state,
        finish_reason=outcome.finish_reason,
        error=outcome.error,
        usage={"prompt_tokens": outcome.prompt_tokens, "completion_tokens": outcome.completion_tokens},
    )
    try:
        event_log.end_log(generation_id, ended)
    except RedisError as error:  # readers of a silent log ask Postgres
        logger.warning("event log not ended", generation=str(generation_id), error=type(error).__name__)
    return True


def release_generation(*, generation_id: UUID, attempt: int) -> bool:
    """Give a running generation back to the queue, for another worker to continue."""
    held = Generation.objects.filter(pk=generation_id, attempt=attempt, state=State.RUNNING)
    return _requeue(held, generation_id)


def take_back_generation(*, generation_id: UUID, attempt: int) -> bool:
    """Requeue a generation whose worker let its lease expire; false where it was renewed meanwhile."""
    lost = Generation.objects.with_expired_lease().filter(pk=generation_id, attempt=attempt)
    return _requeue(lost, generation_id, lost_leases=F("lost_leases") + 1)


def _requeue(held: GenerationQuerySet, generation_id: UUID, **changes: Any) -> bool:
    requeued = held.update(state=State.QUEUED, lease_expires_at=None, enqueued_at=Now(), **changes)
    if requeued:
        event_log.announce(generation_id, State.QUEUED)
        enqueue([generation_id])
    return bool(requeued)
