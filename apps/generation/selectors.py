"""Reads of generations that need more than their row."""

from collections.abc import Mapping

import structlog
from django.db.models import Count
from redis.exceptions import RedisError

from apps.generation import event_log
from apps.generation.events import GapInLog
from apps.generation.models import Generation, State

logger = structlog.get_logger(__name__)


def text_so_far(generation: Generation) -> str:
    """The reply as far as it is written: the checkpoint, and while it runs what the event log has beyond it."""
    if generation.is_over:
        return generation.text
    try:
        return generation.text + event_log.read_log(generation.pk, after=generation.text_length).text
    except (RedisError, GapInLog) as error:
        logger.warning("event log not readable", generation=str(generation.pk), error=type(error).__name__)
        return generation.text


def queued_by_variant() -> Mapping[str, int]:
    """How many generations wait for a free model server, for each variant that somebody waits for."""
    queued = Generation.objects.filter(state=State.QUEUED).order_by()
    return dict(queued.values_list("variant").annotate(Count("pk")))
