"""Worker processes that are alive: their names, and their heartbeats in Redis."""

import os
import socket
import time
from collections.abc import Awaitable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, overload

import redis
import redis.asyncio

WORKERS_KEY = "workbench:workers"  # a sorted set: names by the time of their last heartbeat
HEARTBEAT_MAX_AGE = 10.0  # seconds


@overload
def alive_workers(client: "redis.Redis") -> int: ...
@overload
def alive_workers(client: "redis.asyncio.Redis") -> Awaitable[int]: ...
def alive_workers(client: Any) -> Any:
    """Count the workers with a heartbeat in the last ``HEARTBEAT_MAX_AGE`` seconds."""
    return client.zcount(WORKERS_KEY, time.time() - HEARTBEAT_MAX_AGE, "+inf")


def own_name() -> str:
    """Return ``host/PID namespace:process id``."""
    return f"{_host()}:{os.getpid()}"


def is_dead(name: str) -> bool:
    """Return whether the worker ran on this host and its process is gone; False if unknown."""
    host, _, pid = name.rpartition(":")
    if host != _host() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False


@cache
def _host() -> str:
    """Return host and PID namespace: containers may share a host name or a process id, but not all three."""
    space = "-"
    with suppress(OSError):  # Linux has it
        space = str(Path("/proc/self/ns/pid").stat().st_ino)
    return f"{socket.gethostname()[:150]}/{space}"
