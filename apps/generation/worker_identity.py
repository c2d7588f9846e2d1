"""Which worker processes are alive: their names, and their heartbeats in Redis."""

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
    """``host/space of process ids:process id``."""
    return f"{_place()}:{os.getpid()}"


def is_dead(name: str) -> bool:
    """Whether that worker ran here and its process is gone; false where that cannot be told."""
    place, _, pid = name.rpartition(":")
    if place != _place() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False


@cache
def _place() -> str:
    """Containers on several hosts may share a host name, or a number for their processes, but not all three."""
    space = "-"
    with suppress(OSError):  # Linux has it
        space = str(Path("/proc/self/ns/pid").stat().st_ino)
    return f"{socket.gethostname()[:150]}/{space}"
