"""Clients for Redis, and the Lua scripts that run in it."""

from functools import cache
from importlib.resources import files

import redis
import redis.asyncio
from django.conf import settings

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


def _limits(*, seconds: int) -> dict[str, int]:
    return {"max_connections": MOST_CONNECTIONS, "socket_timeout": seconds, "socket_connect_timeout": 5}


@cache
def script(package: str, name: str) -> str:
    """Return the text of a Lua script that lies in ``package``."""
    return files(package).joinpath(f"{name}.lua").read_text()
