"""End the programs that a killed supervisor left running."""

import contextlib
import os
import signal
import time
from collections.abc import Sequence

import psutil

from apps.embedded.supervision.records import Record, is_alive

POLL_SECONDS = 0.05


def end_leftovers(records: Sequence[Record], *, patience: float = 3.0) -> list[str]:
    """Ask each recorded process to stop, kill what remains of its group, and return the names of those found.

    On Linux the kernel signalled them already, when their supervisor died.
    """
    found = [(record, members) for record in records if (members := _members(record))]
    for record, _ in found:
        if (leader := record.find()) is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                leader.send_signal(record.stop_signal)
    _wait([member for _, members in found for member in members], patience)
    for _, members in found:
        for member in members:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
    _wait([member for _, members in found for member in members], patience)
    return [record.name for record, _ in found]


def kill_group(leader: int) -> None:
    """Kill every process in the group of ``leader``."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _members(record: Record) -> list[psutil.Process]:
    """Return the processes of the record's group. The kernel does not reuse a group's number while it has any."""
    if record.find() is None and psutil.pid_exists(record.pid) and not _is_zombie(record.pid):
        return []  # another process has the number, so the group had ended
    return [process for process in psutil.process_iter() if _belongs(process, record)]


def _belongs(process: psutil.Process, record: Record) -> bool:
    try:
        in_group = os.getpgid(process.pid) == record.pid
        return in_group and process.create_time() >= record.started > 0 and is_alive(process)
    except (ProcessLookupError, psutil.NoSuchProcess):
        return False


def _is_zombie(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _wait(processes: Sequence[psutil.Process], seconds: float) -> None:
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up and any(is_alive(process) for process in processes):
        time.sleep(POLL_SECONDS)
