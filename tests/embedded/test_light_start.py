"""The supervisor loads none of Django's applications, which it would hold for as long as the stack runs."""

import os
import subprocess
import sys
from pathlib import Path

from apps.embedded.program import PROJECT_FOLDER


def modules_of(*command: str, **variables: str) -> set[str]:
    """Return the modules that import statements load in a command of manage.py."""
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "manage.py", *command],
        cwd=PROJECT_FOLDER,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return {line.rpartition("|")[2].strip() for line in ran.stderr.splitlines()}


def test_start_loads_no_application(tmp_path: Path) -> None:
    data_dir = str(tmp_path / "data")
    refused = modules_of("start", DATA_DIR=data_dir, PORT="0")
    assert "apps.embedded.stack" in refused
    assert "django.contrib.auth.base_user" not in refused
    assert "django.contrib.auth.base_user" in modules_of("check", DATA_DIR=data_dir)
