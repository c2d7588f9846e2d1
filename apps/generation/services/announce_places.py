"""Tell those who wait where they stand."""

import structlog
from redis.exceptions import RedisError

from apps.generation.log import store
from apps.generation.queue import waiting_generations

logger = structlog.get_logger(__name__)


def announce_places() -> int:
    """Write every changed place to its event log; return how many changed.

    Done once a tick and not with every change: a queue of a thousand that moves a hundred times a second costs no
    more than one that stands.
    """
    waiting = waiting_generations()
    if not waiting:
        return 0
    try:
        return store.announce_places(waiting)
    except RedisError as error:  # the next tick tries again
        logger.warning("places not announced", error=type(error).__name__)
        return 0
