"""Clients for Redis, and the Lua scripts that run in it."""

from functools import cache
from importlib.resources import files

import redis
import redis.asyncio
from django.conf import settings


@cache
def sync_client() -> "redis.Redis":
    """Return this process's client for threads."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5)


def async_client() -> "redis.asyncio.Redis":
    """Return a client for the running event loop; the caller closes it."""
    return redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_timeout=15, socket_connect_timeout=5)


@cache
def script(package: str, name: str) -> str:
    """Return the text of a Lua script that lies in ``package``."""
    return files(package).joinpath(f"{name}.lua").read_text()
