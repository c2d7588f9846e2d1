"""One program of the stack: what to run and how it wants to be stopped. Plain Python."""

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
    """``argv`` runs in the foreground until ``stop_signal``, and then has ``stop_seconds`` to end by itself.

    ``orphan_signal`` is what the kernel sends when the supervisor is killed and nobody can be waited for.
    ``user`` is the system user to run as; None means the one that we are.
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
        """``argv`` behind the launcher that ties its life to ours."""
        tether = [sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), str(int(self.orphan_signal))]
        return [*tether, self.user or "", *self.argv]

    @property
    def full_environment(self) -> dict[str, str]:
        return {**os.environ, **self.environment}


def run_in_background(program: Program, output: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start ``program`` as the leader of a process group of its own. Call it from a thread that lives on."""
    return subprocess.Popen(  # noqa: S603 -- argv is ours
        program.tethered_argv,
        cwd=PROJECT_FOLDER,
        env=program.full_environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
