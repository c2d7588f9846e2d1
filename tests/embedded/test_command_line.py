"""``./workbench``: commands in the environment of ``make run``, with the settings of the copy that runs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.embedded.command_line import DEFAULT_DATA_DIR, MANAGE, Copy, running_copies, settings_for
from apps.embedded.errors import SeveralCopiesError
from apps.embedded.program import PROJECT_FOLDER

FRESH = {"PATH": "/usr/bin:/bin"}
WAITING = "import sys; print(flush=True); sys.stdin.read()"

DEFAULT = Copy({"PORT": "8000", "CHAT_MAX_TOKENS": "9"}, PROJECT_FOLDER)
SECOND = Copy({"PORT": "8001", "DATA_DIR": "/srv/second", "DATABASE_URL": "postgresql://db/two"}, PROJECT_FOLDER)
THIRD = Copy({"PORT": "8002", "DATA_DIR": "third"}, Path("/srv"))


@pytest.fixture
def second_copy(tmp_path: Path) -> Iterator[Path]:
    """A process that looks as a running stack does, and its data folder."""
    environment = {**FRESH, "DATA_DIR": str(tmp_path / "second"), "PORT": "8123", "CHAT_MAX_TOKENS": "77"}
    command = [sys.executable, "-c", WAITING, str(MANAGE), "start"]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()  # the program runs: its command line is its own
        yield tmp_path / "second"
        process.communicate()


def test_a_command_runs_without_uv_from_anywhere_with_the_settings_of_the_copy(
    second_copy: Path, tmp_path: Path
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("dirname", "readlink"):
        (programs / name).symlink_to(str(shutil.which(name)))
    answer = subprocess.run(
        [PROJECT_FOLDER / "workbench", "diffsettings"],
        env={"PATH": str(programs), "DATA_DIR": "second"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert "PUBLIC_URL = 'http://127.0.0.1:8123'" in answer.stdout
    assert "CHAT_MAX_TOKENS = 77" in answer.stdout
    assert f"DATA_DIR = PosixPath('{second_copy}')" in answer.stdout


def test_running_copies_are_found(second_copy: Path) -> None:
    assert second_copy in {copy.data_dir for copy in running_copies()}


def test_a_link_to_the_launcher_works(tmp_path: Path) -> None:
    (tmp_path / "wb").symlink_to(PROJECT_FOLDER / "workbench")
    answer = subprocess.run(
        [tmp_path / "wb", "version"], env={**FRESH, "DATA_DIR": str(tmp_path)}, capture_output=True, check=False
    )
    assert answer.returncode == 0, answer.stderr


def test_without_an_environment_it_says_what_makes_one(tmp_path: Path) -> None:
    shutil.copy(PROJECT_FOLDER / "workbench", tmp_path)
    answer = subprocess.run([tmp_path / "workbench", "check"], env=FRESH, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert answer.stderr.endswith("Run make run first: it makes one.\n")


def test_nothing_runs() -> None:
    assert settings_for({"PORT": "8001"}, []) == {"PORT": "8001"}


def test_the_default_copy_comes_before_others() -> None:
    found = settings_for({}, [SECOND, DEFAULT, THIRD])
    assert found == {"PORT": "8000", "CHAT_MAX_TOKENS": "9", "DATA_DIR": str(DEFAULT_DATA_DIR)}


def test_the_only_copy_is_meant() -> None:
    assert settings_for({}, [SECOND])["DATABASE_URL"] == "postgresql://db/two"


@pytest.mark.parametrize("named", [{"DATA_DIR": "/srv/third"}, {"PORT": "8002"}])
def test_a_copy_is_named_by_folder_or_port(named: dict[str, str]) -> None:
    found = settings_for(named, [DEFAULT, SECOND, THIRD])
    assert (found["DATA_DIR"], found["PORT"]) == ("/srv/third", "8002")


def test_a_folder_whose_copy_does_not_run_keeps_its_own_settings() -> None:
    assert settings_for({"DATA_DIR": "/srv/other"}, [DEFAULT, SECOND]) == {"DATA_DIR": "/srv/other"}


def test_the_shell_has_the_last_word() -> None:
    assert settings_for({"DATABASE_URL": "postgresql://db/mine"}, [SECOND])["DATABASE_URL"] == "postgresql://db/mine"


def test_several_copies_are_listed() -> None:
    with pytest.raises(SeveralCopiesError, match=r"DATA_DIR=/srv/second \(port 8001\); DATA_DIR=/srv/third"):
        settings_for({}, [SECOND, THIRD])


def test_the_launcher_can_be_executed() -> None:
    assert os.access(PROJECT_FOLDER / "workbench", os.X_OK)
