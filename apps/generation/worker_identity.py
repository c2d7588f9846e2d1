"""The names of worker processes, by which others on the same machine can tell that one is dead."""

import os
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path


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
