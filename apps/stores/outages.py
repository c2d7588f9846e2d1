"""The exceptions that mean Postgres or Redis is away: the same work can be retried later."""

from django.db import InterfaceError, OperationalError
from psycopg_pool import PoolTimeout
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

POSTGRES_AWAY = (OperationalError, InterfaceError, PoolTimeout)
STORE_AWAY = (*POSTGRES_AWAY, RedisError)
# Postgres answers with these classes of SQLSTATE when it stops or starts (PostgreSQL's manual, appendix A).
STOPPING = ("08", "57P")


def is_unreachable(error: BaseException | None) -> bool:
    """Return whether a store did not answer. Errors that a store answers with, such as a deadlock, do not count."""
    if isinstance(error, OperationalError):
        state: str | None = getattr(error.__cause__, "sqlstate", None)
        return state is None or state.startswith(STOPPING)
    return isinstance(error, (InterfaceError, PoolTimeout, RedisConnectionError, RedisTimeoutError))
