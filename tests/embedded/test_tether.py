"""A program dies with the one that started it."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil

from apps.embedded.program import PROJECT_FOLDER

PARENT = """
import sys, time
from pathlib import Path
from apps.embedded.program import Program, run_in_background
program = Program(name="child", argv=("sleep", "600"))
with Path(sys.argv[1]).open("wb") as output:
    print(run_in_background(program, output).pid, flush=True)
time.sleep(600)
"""


def test_children_of_a_killed_parent_die(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROJECT_FOLDER) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        assert child.is_running()
        parent.send_signal(signal.SIGKILL)
    child.wait(timeout=60)
