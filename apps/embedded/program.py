"""One program of the stack: its command, and how to stop it. Plain Python."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals
from typing import IO

PROJECT_FOLDER = Path(__file__).resolve().parents[2]
TETHER = Path(__file__).with_name("tether.py")


@dataclass(frozen=True, slots=True)
class Program:
    """A command that runs in the foreground until ``stop_signal``, and then has ``stop_seconds`` to end.

    The kernel sends ``orphan_signal`` if the supervisor is killed. ``user`` is the system user to run as; None means
    our own.
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: Signals = SIGTERM
    stop_seconds: float = 6.0
    orphan_signal: Signals = SIGKILL
    user: str | None = None

    @property
    def tethered_argv(self) -> list[str]:
        """Prefix ``argv`` with the launcher that ends the program when this process dies."""
        tether = [sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), str(int(self.orphan_signal))]
        return [*tether, self.user or "", *self.argv]

    @property
    def full_environment(self) -> dict[str, str]:
        return {**os.environ, **self.environment}


def run_in_background(program: Program, output: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start ``program`` as the leader of its own process group. Call it from a thread that outlives the program."""
    return subprocess.Popen(  # noqa: S603 -- argv is ours
        program.tethered_argv,
        cwd=PROJECT_FOLDER,
        env=program.full_environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
