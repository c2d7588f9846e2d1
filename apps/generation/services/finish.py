"""End a generation, or give it back."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from django.db.models.functions import Now
from redis.exceptions import RedisError

from apps.generation import event_log
from apps.generation.events import Ended
from apps.generation.models import Generation, State
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


def release_generation(*, generation_id: UUID, attempt: int, only_if_expired: bool = False) -> bool:
    """Give a running generation back to the queue, for another worker to continue."""
    running = Generation.objects.filter(pk=generation_id, attempt=attempt, state=State.RUNNING)
    held = running.with_expired_lease() if only_if_expired else running
    released = held.update(state=State.QUEUED, lease_expires_at=None, enqueued_at=Now())
    if released:
        event_log.announce(generation_id, State.QUEUED)
        enqueue([generation_id])
    return bool(released)
