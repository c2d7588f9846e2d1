"""The commit-msg hook lets short subjects through, and says what is wrong with others."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.project.containers import ROOT

LONGEST = "Add é" + "e" * 67


def check(message: str, folder: Path) -> subprocess.CompletedProcess[str]:
    file = folder / "COMMIT_EDITMSG"
    file.write_text(message)
    command = [sys.executable, str(ROOT / ".ci" / "check_subject.py"), str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "message",
    [LONGEST, f"{LONGEST}\n\n{'A reason. ' * 20}", f"\n# {'comment ' * 20}\n{LONGEST}\n", f"fixup! {LONGEST}"],
)
def test_subject_may_have_72_characters(message: str, tmp_path: Path) -> None:
    assert check(message, tmp_path).returncode == 0


def test_longer_subject_is_refused(tmp_path: Path) -> None:
    result = check(f"{LONGEST}e\n\nBecause.", tmp_path)
    assert result.returncode == 1
    assert "73 characters" in result.stderr


@pytest.mark.parametrize("message", ["", "\n\n# Only a comment\n"])
def test_missing_subject_is_refused(message: str, tmp_path: Path) -> None:
    result = check(message, tmp_path)
    assert result.returncode == 1
    assert "no subject" in result.stderr
