"""Log why a live connection failed."""

import structlog

from apps.stores.outages import STORE_AWAY

logger = structlog.get_logger(__name__)


def log_failure(failure: BaseException) -> None:
    """Log the failure of a live connection: with its traceback, unless Postgres or Redis is away.

    Every page connects again until they are back, so an outage gets one line for each attempt.
    """
    failures = failure if isinstance(failure, BaseExceptionGroup) else BaseExceptionGroup("", [failure])
    away, unexpected = failures.split(STORE_AWAY)
    if unexpected:
        logger.error("live connection failed", exc_info=unexpected)
    elif away:
        logger.warning("live connection ended", error=_first_of(away))


def _first_of(failure: BaseException) -> str:
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    return type(failure).__name__
