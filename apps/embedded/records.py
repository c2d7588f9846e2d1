"""What a supervisor writes down, so that the next start finds what this one left running."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Record:
    """One process. Its start time tells it from a later process with the same pid."""

    name: str
    pid: int
    started: float
    stop_signal: int

    @classmethod
    def of(cls, name: str, pid: int, stop_signal: int) -> "Record":
        """The record of a process that runs now, or that ended a moment ago."""
        try:
            started = psutil.Process(pid).create_time()
        except psutil.NoSuchProcess:
            started = 0.0
        return cls(name, pid, started, stop_signal)

    def find(self) -> psutil.Process | None:
        """The process, when it still runs."""
        try:
            process = psutil.Process(self.pid)
        except psutil.NoSuchProcess:
            return None
        return process if process.create_time() == self.started and is_alive(process) else None


def is_alive(process: psutil.Process) -> bool:
    """Whether it runs; what has ended and was not waited for does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def write_records(file: Path, records: Iterable[Record]) -> None:
    """Replace the file whole, so that a reader never sees half of it."""
    unfinished = file.with_suffix(".new")
    unfinished.write_text(json.dumps([asdict(record) for record in records]))
    unfinished.replace(file)


def read_records(file: Path) -> list[Record]:
    """What was written; nothing where there is no file, or none of ours."""
    try:
        return [Record(**entry) for entry in json.loads(file.read_text())]
    except (OSError, ValueError, TypeError):
        return []
