"""Clients for Redis, and the Lua scripts that run in it."""

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import redis
import redis.asyncio
from django.conf import settings

if TYPE_CHECKING:
    from redis.asyncio.connection import AbstractConnection

# The library's own pools raise beyond 100 commands at once; these wait for a free connection.
MOST_CONNECTIONS = 64


@cache
def sync_client() -> "redis.Redis":
    """Return this process's client for threads."""
    pool = redis.BlockingConnectionPool.from_url(settings.REDIS_URL, timeout=5, **_limits(seconds=5))
    return redis.Redis.from_pool(pool)


def async_client() -> "redis.asyncio.Redis":
    """Return a client for the running event loop; the caller closes it."""
    pool = redis.asyncio.BlockingConnectionPool.from_url(settings.REDIS_URL, timeout=15, **_limits(seconds=15))
    return redis.asyncio.Redis.from_pool(pool)


def new_connection() -> "AbstractConnection":
    """Return a separate connection, not open yet; once open it has no time limits.

    Under RESP2 a channel's message is a plain answer; under RESP3 redis-py formats each for its log.
    """
    pool = redis.asyncio.ConnectionPool.from_url(
        settings.REDIS_URL, protocol=2, socket_timeout=None, socket_connect_timeout=5
    )
    return pool.connection_class(**pool.connection_kwargs)


def _limits(*, seconds: int) -> dict[str, int]:
    return {"max_connections": MOST_CONNECTIONS, "socket_timeout": seconds, "socket_connect_timeout": 5}


@cache
def script(package: str, name: str) -> str:
    """Return the text of a Lua script that lies in ``package``."""
    return files(package).joinpath(f"{name}.lua").read_text()
