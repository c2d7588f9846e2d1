"""Real programs for tests: started once when first asked for, ended with the test run."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from apps.embedded import folders
from apps.embedded.engines import postgres, valkey
from apps.embedded.layout import Layout
from apps.embedded.program import Program, run_in_background


@dataclass
class Running:
    """A program at work; ``log`` is where its output goes."""

    program: Program
    log: Path
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """Ask, wait, then end the whole process group."""
        if self.process.poll() is None:
            self.process.send_signal(self.program.stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(self.program.stop_seconds)
        self.kill()

    def kill(self) -> None:
        """Kill the whole process group, as ``kill -9`` does."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def pause(self, *, until: Callable[[], bool]) -> None:
        """Suspend the program at a moment when ``until`` holds."""
        while True:
            os.killpg(self.process.pid, signal.SIGSTOP)
            if until():
                return
            self.go_on()
            time.sleep(0.01)

    def go_on(self) -> None:
        os.killpg(self.process.pid, signal.SIGCONT)

    def wait_for_success(self) -> None:
        """Return when the program has ended well; fail with the log's last lines otherwise."""
        if self.process.wait() != 0:
            raise RuntimeError(f"{self.program.name} failed:\n{self.log.read_text(errors='replace')[-3000:]}")

    def wait_until(self, condition: Callable[[], bool], *, seconds: float = 120.0) -> None:
        """Poll ``condition``; fail with the log's last lines when it does not come true or the program dies."""
        give_up = time.monotonic() + seconds
        while not condition():
            if self.process.poll() is not None or time.monotonic() > give_up:
                tail = self.log.read_text(errors="replace")[-3000:]
                raise RuntimeError(f"{self.program.name} is not ready after {seconds} s:\n{tail}")
            time.sleep(0.05)


def run(program: Program, logs: Path) -> Running:
    """Start ``program`` with its output in ``logs``."""
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"{program.name}.log"
    with log.open("ab") as output:
        return Running(program, log, run_in_background(program, output))


@dataclass
class Services:
    """Embedded Postgres and Valkey in one temporary folder."""

    layout: Layout
    running: list[Running] = field(default_factory=list)

    def start(self) -> None:
        """Start both, once."""
        if self.running:
            return
        folders.make_folders(self.layout)
        cache = self._run(valkey.program(self.layout, durable=False))
        postgres.prepare(self.layout)
        if not postgres.is_initialised(self.layout):
            self._run(postgres.initialisation(self.layout)).wait_for_success()
            postgres.finish_initialisation(self.layout)
        database = self._run(postgres.program(self.layout, durable=False))
        database.wait_until(lambda: postgres.answers(self.layout))
        postgres.create_database(self.layout)
        cache.wait_until(lambda: valkey.answers(self.layout))

    def named(self, name: str) -> Running:
        """The running program of that name, for tests that do things to it."""
        return next(running for running in self.running if running.program.name == name)

    def _run(self, program: Program) -> Running:
        self.running.append(run(program, self.layout.logs))
        return self.running[-1]

    def stop(self) -> None:
        """Stop what was started, last first."""
        while self.running:
            self.running.pop().stop()
