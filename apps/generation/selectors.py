"""Reads of generations beyond their row: the text so far, the attempt that holds one, the length of the queue."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from django.db.models import Count
from django.utils import timezone
from redis.exceptions import RedisError

from apps.generation.log import store
from apps.generation.log.entries import GapInLog
from apps.generation.models import Generation, State
from apps.stores.outages import POSTGRES_AWAY

logger = structlog.get_logger(__name__)

STORING = timedelta(seconds=30)  # longer than storing a stopped reply takes, with clock differences


@dataclass(frozen=True, slots=True)
class Written:
    """The text so far, and whether its latest attempt has added to it."""

    text: str
    is_growing: bool


def text_so_far(generation: Generation) -> str:
    """Return the text so far: Postgres's, and what the event log has beyond it.

    A generation that was stopped a moment ago may be stored with less text than readers have seen.
    """
    if generation.is_over and (generation.state == State.SUCCEEDED or not _ended_just_now(generation)):
        return generation.text
    return written_so_far(generation).text


def written_so_far(generation: Generation) -> Written:
    """Return the text so far of a generation that is not over, and whether it grows."""
    try:
        tail = store.read_log(generation.pk, after=len(generation.text))
    except (RedisError, GapInLog) as error:
        logger.warning("event log not readable", generation=str(generation.pk), error=type(error).__name__)
        return Written(generation.text, bool(generation.text))
    # A log without news beyond the checkpoint ends with text.
    return Written(generation.text + tail.text, tail.is_writing or (tail.state is None and bool(generation.text)))


def is_settled(generation: Generation) -> bool:
    """Return whether the generation is over and stored whole. Just after a stop, text and figures may be missing."""
    if generation.state == State.CANCELLED and generation.completion_tokens is None:
        return not _ended_just_now(generation)
    return generation.is_over


def _ended_just_now(generation: Generation) -> bool:
    return generation.ended_at is not None and timezone.now() - generation.ended_at < STORING


def is_held(generation_id: UUID, attempt: int) -> bool:
    """Return whether the attempt holds the generation; True while Postgres is down."""
    try:
        return Generation.objects.filter(pk=generation_id, attempt=attempt, state=State.RUNNING).exists()
    except POSTGRES_AWAY:
        return True


def queued_by_variant() -> Mapping[str, int]:
    """Count the queued generations of each variant."""
    queued = Generation.objects.filter(state=State.QUEUED).order_by()
    return dict(queued.values_list("variant").annotate(Count("pk")))
