"""The supervisor's record of its processes, by which the next start finds leftovers."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Record:
    """One process. The start time distinguishes it from a later process with the same pid."""

    name: str
    pid: int
    started: float
    stop_signal: int

    @classmethod
    def of(cls, name: str, pid: int, stop_signal: int) -> "Record":
        """Return the record of a process that runs now, or ended a moment ago."""
        try:
            started = psutil.Process(pid).create_time()
        except psutil.NoSuchProcess:
            started = 0.0
        return cls(name, pid, started, stop_signal)

    def find(self) -> psutil.Process | None:
        """Return the process if it still runs."""
        try:
            process = psutil.Process(self.pid)
        except psutil.NoSuchProcess:
            return None
        return process if process.create_time() == self.started and is_alive(process) else None


def is_alive(process: psutil.Process) -> bool:
    """Return whether it runs; a zombie does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def write_records(file: Path, records: Iterable[Record]) -> None:
    """Replace the file atomically, so that a reader never sees half of it."""
    unfinished = file.with_suffix(".new")
    unfinished.write_text(json.dumps([asdict(record) for record in records]))
    unfinished.replace(file)


def read_records(file: Path) -> list[Record]:
    """Return the records; empty if the file is missing or not ours."""
    try:
        return [Record(**entry) for entry in json.loads(file.read_text())]
    except (OSError, ValueError, TypeError):
        return []
