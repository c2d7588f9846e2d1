"""A command that cannot reach the database says so in one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from apps.embedded.program import PROJECT_FOLDER


@pytest.mark.parametrize("command", [["create_user", "alice"], ["set_endpoint", "local", "--state", "enabled"]])
def test_database_that_does_not_answer(tmp_path: Path, command: list[str]) -> None:
    environment = {**os.environ, "DATABASE_URL": f"postgresql://postgres@{str(tmp_path).replace('/', '%2F')}/none"}
    answer = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=PROJECT_FOLDER,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert answer.stderr.startswith("The database does not answer: ")
    assert answer.stderr.count("\n") == 1
    assert answer.stderr.endswith("Start the stack with make run, or check DATABASE_URL.\n")
    assert "Traceback" not in answer.stderr
