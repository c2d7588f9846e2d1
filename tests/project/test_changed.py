"""``make check`` runs the tests of what changed, and all fast ones when something shared did."""

import subprocess
from pathlib import Path

import pytest

from tests.project.containers import ROOT
from tests.support.changed import EVERYTHING, FOLDERS, changed_files, fast_folders, folders_of

NOT_FOLDERS_OF_TESTS = {"__pycache__", "support"}


@pytest.mark.parametrize(
    ("path", "folders"),
    [
        ("apps/chat/views/shares.py", ["tests/chat"]),
        ("templates/guide/front.html", ["tests/guide"]),
        ("static/js/chat/composer/files.js", ["tests/chat"]),
        ("apps/inference/sse.py", ["tests/inference", "tests/contract"]),
        ("tests/endpoints/test_probe.py", ["tests/endpoints"]),
        ("tests/browser/conftest.py", ["tests/browser"]),
        ("docs/operations.md", ["tests/project"]),
        ("docs/decisions/0001-asgi-server.md", []),
        ("project/settings.py", [EVERYTHING]),
        ("apps/stores/redis.py", [EVERYTHING]),
        ("templates/base.html", [EVERYTHING]),
        ("tests/conftest.py", [EVERYTHING]),
        ("tests/support/services.py", [EVERYTHING]),
        ("pyproject.toml", [EVERYTHING]),
    ],
)
def test_file_has_its_tests(path: str, folders: list[str]) -> None:
    assert folders_of(path) == folders


def test_something_shared_takes_everything() -> None:
    assert fast_folders(["apps/chat/urls.py", "apps/guide/urls.py"]) == ["tests/chat", "tests/guide"]
    assert fast_folders(["apps/chat/urls.py", "uv.lock"]) == [EVERYTHING]


def test_every_name_is_there() -> None:
    named = {*FOLDERS, *(folder for folders in FOLDERS.values() for folder in folders)}
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_folder_of_tests_is_run_when_it_changes() -> None:
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()} - NOT_FOLDERS_OF_TESTS
    assert len(folders) > 5
    assert {name: folders_of(f"tests/{name}/test_new.py") for name in folders} == {
        name: [f"tests/{name}"] for name in folders
    }


def test_changes_are_those_of_the_commit_in_hand(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=alice", "-c", "user.email=alice@example.org", "-c", "commit.gpgsign=false")
        command = ["git", "-C", str(tmp_path), *identity, *arguments]
        subprocess.run(command, check=True, capture_output=True)

    git("init", "--template=")
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
        git("add", name)
        git("commit", "--message", name)
    assert changed_files(tmp_path) == ["two"]
    (tmp_path / "one").unlink()
    (tmp_path / "three").write_text("three")
    assert changed_files(tmp_path) == ["one", "three"]
    assert changed_files(tmp_path, "HEAD~1") == ["one", "two", "three"]
