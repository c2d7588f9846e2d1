"""Programs are kept running, and stopped in time."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from apps.embedded.errors import StartError
from apps.embedded.folders import make_folders
from apps.embedded.layout import Layout
from apps.embedded.program import Program
from apps.embedded.supervision.records import is_alive, read_records
from apps.embedded.supervision.supervisor import Supervisor

# Stands for a program with a child of its own in the same group: it prints the child's pid.
WITH_CHILD = "import subprocess; p = subprocess.Popen(['sleep', '600']); print(p.pid, flush=True); p.wait()"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)


def python(name: str, code: str, *, stop_seconds: float = 2.0) -> Program:
    return Program(name=name, argv=(sys.executable, "-c", code), stop_seconds=stop_seconds)


class Console:
    """Hears what the supervisor says."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)

    async def hears(self, text: str) -> None:
        await until(lambda: any(text in line for line in self.lines))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 -- other processes have no events for us
            await asyncio.sleep(0.02)


@pytest.fixture
def console() -> Console:
    return Console()


@pytest.fixture
def supervisor(tmp_path: Path, console: Console) -> Supervisor:
    layout = Layout(tmp_path)
    make_folders(layout)
    return Supervisor(layout, console.say)


async def printed(supervisor: Supervisor, name: str) -> str:
    log = supervisor.layout.logs / f"{name}.log"
    await until(lambda: log.exists() and log.read_text().endswith("\n"))
    return log.read_text()


async def test_a_program_that_dies_is_named_and_started_again(supervisor: Supervisor, console: Console) -> None:
    await supervisor.start(python("beat", WITH_CHILD))
    first = supervisor.children["beat"].process.pid
    grandchild = psutil.Process(int(await printed(supervisor, "beat")))
    os.kill(first, 9)
    await console.hears("beat died (signal SIGKILL)")
    await console.hears("beat runs again")
    assert supervisor.children["beat"].process.pid != first
    await until(lambda: not is_alive(grandchild))
    await supervisor.stop([["beat"]])


async def test_running_programs_are_on_record_until_they_stop(supervisor: Supervisor) -> None:
    await supervisor.start(python("beat", WITH_CHILD))
    assert [record.name for record in read_records(supervisor.layout.supervisor_state)] == ["beat"]
    await supervisor.stop([["beat"]])
    assert read_records(supervisor.layout.supervisor_state) == []


async def test_a_program_that_does_not_stop_is_named_and_killed(supervisor: Supervisor, console: Console) -> None:
    await supervisor.start(python("stubborn", STUBBORN, stop_seconds=0.2))
    await printed(supervisor, "stubborn")
    process = supervisor.children["stubborn"].process
    await supervisor.stop([["stubborn"]])
    assert process.returncode == -9
    assert console.lines == ["stubborn did not stop within 0.2 s and is killed"]


async def test_a_program_that_waits_for_its_next_start_can_be_stopped(supervisor: Supervisor, console: Console) -> None:
    await supervisor.start(python("broken", "raise SystemExit(3)"))
    await console.hears("broken died (exit code 3)")
    await supervisor.stop([["broken"]])
    assert supervisor.children == {}


async def test_stages_stop_one_after_the_other(supervisor: Supervisor) -> None:
    await supervisor.start(python("first", WITH_CHILD))
    await supervisor.start(python("second", STUBBORN, stop_seconds=0.2))
    await printed(supervisor, "second")
    second = supervisor.children["second"]
    stopping = asyncio.create_task(supervisor.stop([["second"], ["first"]]))
    await until(second.stopping.is_set)
    assert not supervisor.children["first"].stopping.is_set()
    await stopping
    assert supervisor.children == {}


async def test_what_does_not_answer_is_a_clear_sentence(supervisor: Supervisor) -> None:
    with pytest.raises(StartError, match=r"beat does not answer after 0 s; .*beat\.log may say why"):
        await supervisor.wait_until("beat", lambda: False, seconds=0.1)


async def test_a_single_run_that_fails_is_a_clear_sentence(supervisor: Supervisor) -> None:
    await supervisor.run_to_end(python("once", "pass"))
    with pytest.raises(StartError, match=r"once failed \(exit code 3\); .*once\.log may say why"):
        await supervisor.run_to_end(python("once", "raise SystemExit(3)"))


async def test_a_single_run_that_nobody_waits_for_is_ended(supervisor: Supervisor) -> None:
    waiting = asyncio.create_task(supervisor.run_to_end(python("once", WITH_CHILD)))
    grandchild = psutil.Process(int(await printed(supervisor, "once")))
    assert is_alive(grandchild)
    waiting.cancel()
    await asyncio.wait([waiting])
    await until(lambda: not is_alive(grandchild))
