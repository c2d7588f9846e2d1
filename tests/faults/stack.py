"""The whole stack as a person runs it, from outside: its console, its processes, and how to kill them."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

import psutil

from apps.embedded.layout import Layout
from apps.embedded.ports import HOST
from apps.embedded.program import PROJECT_FOLDER, Program
from apps.embedded.supervision.leftovers import end_leftovers
from apps.embedded.supervision.records import is_alive, read_records
from tests.support.prepared import copy_database
from tests.support.services import Running, run

ALL = {"postgres", "valkey", "model-server", "worker", "beat", "web"}
PATIENCE = 300.0  # seconds, for a slow machine


@dataclass
class Stack:
    """``manage.py start`` as a person has it: a process, its console, and an address."""

    data_dir: Path
    port: int
    variables: dict[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    beside: list[Running] = field(default_factory=list)

    @property
    def layout(self) -> Layout:
        return Layout(self.data_dir)

    @property
    def site(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "DATA_DIR": str(self.data_dir), "PORT": str(self.port), **self.variables}

    @property
    def console(self) -> str:
        return (self.data_dir.parent / "console").read_text()

    def begin_prepared(self) -> None:
        """Begin with a migrated database and collected static files, as after an earlier start."""
        from tests.support.static_files import copy_static_files_of  # noqa: PLC0415 (make soak runs without Django)

        self.data_dir.mkdir(parents=True)
        copy_database(self.layout)
        copy_static_files_of(self.layout)

    def start(self, *, prefix: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
        """Start the stack, behind ``prefix``, and return at once."""
        with (self.data_dir.parent / "console").open("wb") as console:
            process = subprocess.Popen(
                [*prefix, sys.executable, str(PROJECT_FOLDER / "manage.py"), "start"],
                env=self.environment,
                stdout=console,
                stderr=subprocess.STDOUT,
                # Not the project's folder: the command must work from anywhere.
                cwd=self.data_dir.parent,
            )
        self.processes.append(process)
        return process

    def start_and_wait(self) -> subprocess.Popen[bytes]:
        """Start the stack, and return when the console says that it is ready."""
        process = self.start()
        self.wait_until(lambda: " ready at " in self.console or process.poll() is not None)
        assert process.poll() is None, self.console
        return process

    def start_beside(self, program: Program, *, until: Callable[[str], bool], **variables: str) -> Running:
        """Start one more program of this stack, without a supervisor; wait until ``until`` accepts its output."""
        program = replace(program, name=f"second-{program.name}", environment={**self.environment, **variables})
        running = run(program, self.layout.logs)
        self.beside.append(running)
        running.wait_until(lambda: until(running.log.read_text(errors="replace")), seconds=PATIENCE)
        return running

    @staticmethod
    def answers(address: str) -> bool:
        """Return whether a web process is up at ``address``."""
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=10) as response:  # noqa: S310 (our own address)
                return bool(response.status == HTTPStatus.OK)
        except OSError:
            return False

    def wait_until(self, condition: Callable[[], bool]) -> None:
        give_up = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < give_up, self.console
            time.sleep(0.1)

    def wait_until_it_says(self, text: str) -> None:
        self.wait_until(lambda: text in self.console)

    def living(self) -> list[psutil.Process]:
        """Every living process of this stack, whoever its parent is now."""
        # Valkey writes its title over its environment, and need not name the folder.
        recorded = {record.pid for record in read_records(self.layout.supervisor_state) if record.find()}
        everybody = psutil.process_iter()
        return [each for each in everybody if (each.pid in recorded or self._is_named_by(each)) and is_alive(each)]

    def _is_named_by(self, process: psutil.Process) -> bool:
        try:
            named = any(str(self.data_dir) in word for word in process.cmdline())
            return named or process.environ().get("DATA_DIR") == str(self.data_dir)
        except psutil.Error:
            return False

    def pid_of(self, name: str) -> int:
        return next(record.pid for record in read_records(self.layout.supervisor_state) if record.name == name)

    def kill(self, name: str) -> None:
        """Kill one program, as ``kill -9`` does, unless it is dead already; the supervisor starts it again."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid_of(name), signal.SIGKILL)

    def manage(self, *words: str) -> str:
        """Run a command beside the running stack, and return what it prints."""
        command = [sys.executable, str(PROJECT_FOLDER / "manage.py"), *words]
        done = subprocess.run(command, env=self.environment, cwd=self.data_dir.parent, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()

    def manage_all(self, *commands: tuple[str, ...]) -> list[str]:
        """Run commands in one process, since loading Django takes longer than any; return the lines they print."""
        calls = [f"call_command(*{words!r})" for words in commands]
        code = "\n".join(["from django.core.management import call_command", *calls])
        return self.manage("shell", "--no-imports", "--command", code).splitlines()

    @property
    def printed_link(self) -> str:
        """The link on the console, which signs the first admin in once."""
        found = re.search(r"http://\S+token=\S+", self.console)
        assert found is not None, self.console
        return found[0]

    def names(self) -> set[str]:
        return {record.name for record in read_records(self.layout.supervisor_state)}

    def health(self) -> dict[str, Any]:
        """Return the answer of ``/readyz/worker``; empty without an answer."""
        try:
            with urllib.request.urlopen(f"{self.site}/readyz/worker", timeout=10) as response:  # noqa: S310 (our own address)
                return dict(json.load(response))
        except HTTPError as error:
            with error:
                return dict(json.load(error))
        except (URLError, OSError):
            return {}

    def is_ready(self) -> bool:
        return self.health().get("ready") is True

    def end(self) -> None:
        """Kill all programs that a test has left."""
        for running in self.beside:
            running.kill()
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        end_leftovers(read_records(self.layout.supervisor_state))
