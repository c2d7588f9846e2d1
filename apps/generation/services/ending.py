"""End the event log of a generation that has ended in Postgres, so that both hold the same text."""

from typing import Any
from uuid import UUID

import structlog
from django.db.models import Value
from django.db.models.functions import Coalesce
from redis.exceptions import RedisError

from apps.generation.log import store
from apps.generation.log.entries import Ended
from apps.generation.models import OVER, Generation

logger = structlog.get_logger(__name__)


def end_the_log(generation_id: UUID, *, attempt: int, ended: Ended, text: str) -> None:
    """End the log with ``text``, which Postgres has. Raises ``RedisError``.

    A worker that did not know of the end may have appended more text, which readers have seen. Store that text too.
    """
    end = store.end_log(generation_id, ended, attempt=attempt, text=text)
    if isinstance(end, store.HeldByNewer):
        return
    if end.offset > len(text) or ended.usage.get("completion_tokens") is None:
        _keep_what_was_shown(generation_id, attempt, ended, text)


def settle_log(*, generation_id: UUID) -> bool:
    """End the log of a generation that is over, if this failed before. Return False if the generation is not over."""
    generation = Generation.objects.filter(pk=generation_id, state__in=OVER).first()
    if generation is None:
        return False
    try:
        end_the_log(generation_id, attempt=generation.attempt, ended=Ended.of(generation), text=generation.text)
    except RedisError as error:  # readers of a silent log ask Postgres
        logger.warning("event log not ended", generation=str(generation_id), error=type(error).__name__)
    return True


def _keep_what_was_shown(generation_id: UUID, attempt: int, ended: Ended, text: str) -> None:
    """Store the text and figures that the log has beyond Postgres."""
    tail = store.read_log(generation_id, after=len(text))
    changes: dict[str, Any] = {"text": text + tail.text, "text_length": tail.offset_after}
    if tokens := tail.ended and tail.ended.usage.get("completion_tokens"):
        changes["completion_tokens"] = tokens
    if began := store.first_token_at(generation_id):
        changes["first_token_at"] = Coalesce("first_token_at", Value(began))
    held = Generation.objects.filter(pk=generation_id, attempt=attempt, state=ended.state, text_length=len(text))
    held.update(**changes)
