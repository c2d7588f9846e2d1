"""Limit password attempts, counted in Redis for all web processes."""

import hashlib
import time
import unicodedata
from functools import cache

import structlog
from django.conf import settings
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter

from apps.accounts.errors import TooManyAttempts

logger = structlog.get_logger(__name__)

# An attempt counts before its password is checked, so that parallel attempts gain nothing.
OF_ONE_NAME_FROM_ONE_ADDRESS = RateLimitItemPerMinute(10, 15, namespace="name and address")
OF_ONE_NAME = RateLimitItemPerHour(100, namespace="name")
FROM_ONE_ADDRESS = RateLimitItemPerMinute(100, 15, namespace="address")
# A browser that has signed this person in before has its own limit: guesses from elsewhere do not lock it out.
FROM_A_KNOWN_BROWSER = RateLimitItemPerMinute(10, 15, namespace="known browser")

type Limit = tuple[RateLimitItem, str]


def count_attempt(*, username: str, address: str, browser: str = "") -> None:
    """Count an attempt. Raises ``TooManyAttempts``, also for a correct password.

    ``browser`` is the id of a browser that has signed this person in before.
    """
    try:
        for limit, whose in _limits(username, address, browser):
            if not limiter().hit(limit, whose):
                raise TooManyAttempts(_seconds_until_free(limit, whose))
    except StorageError as error:  # Redis is away: attempts are not limited, so that people can still sign in
        logger.warning("attempts not counted", error=type(error.storage_error).__name__)


def forget_attempts(*, username: str, address: str, browser: str = "") -> None:
    """Forget the person's failed attempts from this address or browser after a sign-in; others still count."""
    try:
        mine, *_ = _limits(username, address, browser)
        limiter().clear(*mine)
    except StorageError as error:
        logger.warning("attempts not cleared", error=type(error.storage_error).__name__)


def digest_of_name(username: str) -> str:
    """Return a digest of the name that ignores case and Unicode spelling."""
    return _digest(_normal(username))


def _normal(username: str) -> str:
    return unicodedata.normalize("NFKC", username).casefold()


def _limits(username: str, address: str, browser: str) -> list[Limit]:
    # Store digests: a name may be long, or a password typed into the wrong field.
    name = _normal(username)
    if browser:
        return [(FROM_A_KNOWN_BROWSER, _digest(f"{name}\n{browser}"))]
    return [
        (OF_ONE_NAME_FROM_ONE_ADDRESS, _digest(f"{name}\n{address}")),
        (OF_ONE_NAME, _digest(name)),
        (FROM_ONE_ADDRESS, _digest(address)),
    ]


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), key=settings.SECRET_KEY.encode()[:64], digest_size=16).hexdigest()


def _seconds_until_free(limit: RateLimitItem, whose: str) -> int:
    return max(1, round(limiter().get_window_stats(limit, whose).reset_time - time.time()))


@cache
def limiter() -> FixedWindowRateLimiter:
    url = settings.REDIS_URL
    address = f"redis+{url}" if url.startswith("unix:") else url
    storage = RedisStorage(address, key_prefix="workbench:attempts", wrap_exceptions=True, socket_timeout=2)
    return FixedWindowRateLimiter(storage)
