"""Write queue positions to the event logs."""

import structlog
from redis.exceptions import RedisError

from apps.generation.log import store
from apps.generation.queue import queued_generations

logger = structlog.get_logger(__name__)


def write_positions() -> int:
    """Write every changed position to its event log and return how many changed.

    The reaper calls it, so a queue that moves a hundred times a second costs no more than one that stands still.
    """
    waiting = queued_generations()
    if not waiting:
        return 0
    try:
        return store.write_positions(waiting)
    except RedisError as error:  # the next reaping tries again
        logger.warning("positions not written", error=type(error).__name__)
        return 0
