"""Reads of generations that need more than their row."""

import structlog
from redis.exceptions import RedisError

from apps.generation import event_log
from apps.generation.events import GapInLog
from apps.generation.models import Generation

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
