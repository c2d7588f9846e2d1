"""Run one stack per ``DATA_DIR``: its lock, and the launcher whose death ends the stack."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import psutil

from apps.embedded.errors import StartError
from apps.embedded.layout import Layout
from apps.embedded.supervision.records import Record, read_records, write_records

# Programs that only launch us. If one dies, Ctrl-C cannot reach us, so the stack ends too. A shell is not one.
LAUNCHERS = {"uv", "make", "gmake"}
# A stack whose launcher died notices and stops within this time.
HAND_OVER_SECONDS = 15.0
POLL_SECONDS = 0.1


@contextlib.contextmanager
def only_instance(layout: Layout) -> Iterator[None]:
    """Lock ``DATA_DIR``. Raise ``StartError`` if another stack holds it; the kernel frees the lock if we are killed."""
    with layout.lock.open("a+") as lock:
        give_up = time.monotonic() + HAND_OVER_SECONDS
        while not _try_lock(lock):
            if not _is_leaving(layout.launcher) or time.monotonic() > give_up:
                raise StartError(
                    f"Another copy is running on {layout.data_dir} (process {_holder(lock)}). "
                    "Stop it, or set DATA_DIR and PORT for a second one."
                )
            time.sleep(POLL_SECONDS)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        write_records(layout.launcher, filter(None, [launcher()]))
        yield


def launcher() -> Record | None:
    """Return the program that only launched us, if there is one."""
    with contextlib.suppress(psutil.NoSuchProcess):
        parent = psutil.Process(os.getppid())
        if parent.name() in LAUNCHERS:
            return Record.of("launcher", parent.pid, 0)
    return None


def _try_lock(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(lock: IO[str]) -> str:
    lock.seek(0)
    return lock.read().strip() or "unknown"


def _is_leaving(launcher_file: Path) -> bool:
    launchers = read_records(launcher_file)
    return bool(launchers) and launchers[0].find() is None
