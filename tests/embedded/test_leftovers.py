"""The programs of a killed supervisor are ended, and no other program."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from apps.embedded.supervision.leftovers import end_leftovers, kill_group
from apps.embedded.supervision.records import Record

PATIENT = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + PATIENT
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {PATIENT!r}]).wait()"

type Start = Callable[[str], subprocess.Popen[bytes]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a program that leads a process group, and returns when it, or its child, is up."""
    started: list[subprocess.Popen[bytes]] = []

    def start_program(code: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        return process

    yield start_program
    for process in started:
        kill_group(process.pid)
        process.communicate()


def record_of(process: subprocess.Popen[bytes]) -> Record:
    return Record.of("program", process.pid, signal.SIGTERM)


def test_a_leftover_is_asked_to_stop(start: Start) -> None:
    process = start(PATIENT)
    assert end_leftovers([record_of(process)]) == ["program"]
    assert process.wait() == -signal.SIGTERM


def test_a_leftover_that_does_not_listen_is_killed(start: Start) -> None:
    process = start(STUBBORN)
    end_leftovers([record_of(process)], patience=0.2)
    assert process.wait() == -signal.SIGKILL


def test_what_a_dead_program_had_started_is_ended_too(start: Start) -> None:
    process = start(PARENT)
    record = record_of(process)
    process.kill()
    process.wait()
    assert end_leftovers([record], patience=0.2) == ["program"]
    assert process.stdout is not None
    assert process.stdout.read() == b""  # the child held it open as long as it lived


def test_a_stranger_with_a_recorded_pid_is_left_alone(start: Start) -> None:
    process = start(PATIENT)
    earlier = replace(record_of(process), started=1.0)
    assert end_leftovers([earlier], patience=0.2) == []
    assert process.poll() is None


def test_nothing_is_found_where_everything_ended(start: Start) -> None:
    process = start(PATIENT)
    record = record_of(process)
    process.kill()
    process.wait()
    assert end_leftovers([record]) == []
