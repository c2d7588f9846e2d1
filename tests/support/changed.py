"""Run the fast tests of what changed. ``python -m tests.support.changed [SINCE]``, called by ``make check``.

``SINCE`` is a commit to compare the working tree with. Without it: the last commit, or the one before it when the
tree is clean.
"""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[2]
FAST = ["-m", "not browser and not faults"]
EVERYTHING = "tests"
# Folders of tests by the beginning of a file's path; the longest match counts. A file without a match is shared.
FOLDERS: dict[str, list[str]] = {
    "apps/accounts": [EVERYTHING],
    "apps/inference": ["tests/inference", "tests/contract"],
    "apps/generation": ["tests/generation", "tests/gateway"],
    "tests/support": [EVERYTHING],
    "static/css": ["tests/design", "tests/project"],
    "docs": ["tests/project"],
    "docs/decisions": [],
    "docs/images": [],
    "docs/inference.md": ["tests/inference"],
    "docker": ["tests/project"],
    ".ci": ["tests/project"],
    ".github": ["tests/project"],
    "benchmarks": [],
    "CHANGELOG.md": [],
    "CONTRIBUTING.md": [],
    "README.md": [],
    "SECURITY.md": [],
}
# Without an entry above, an app's code, templates and scripts belong to the folder of tests with its name.
APP_FOLDERS = ("apps", "templates", "static/js", "tests")


def folders_of(path: str) -> list[str]:
    """Return the folders of tests for this file."""
    beginnings = [str(beginning) for beginning in (PurePosixPath(path), *PurePosixPath(path).parents)]
    for beginning in beginnings:
        if beginning in FOLDERS:
            return FOLDERS[beginning]
    for beginning in beginnings[1:]:
        parent, _, name = beginning.rpartition("/")
        if parent in APP_FOLDERS and (ROOT / "tests" / name).is_dir():
            return [f"tests/{name}"]
    return [EVERYTHING]


def fast_folders(paths: Iterable[str]) -> list[str]:
    """Return the folders for all of these files: ``tests`` alone if one of them is shared."""
    folders = {folder for path in paths for folder in folders_of(path)}
    return [EVERYTHING] if EVERYTHING in folders else sorted(folders)


def changed_files(repository: Path, since: str = "") -> list[str]:
    """Return the files that differ from ``since``, new and deleted ones included."""
    new = _git(repository, "ls-files", "--others", "--exclude-standard")
    if since:
        return [*_git(repository, "diff", "--name-only", "--no-renames", since), *new]
    return changed_files(repository, "HEAD") or changed_files(repository, "HEAD~1")


def _git(repository: Path, *arguments: str) -> list[str]:
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def main() -> None:
    folders = fast_folders(changed_files(ROOT, *sys.argv[1:2]))
    print("Tests of what changed:", " ".join(folders) or "none", flush=True)  # noqa: T201
    if folders:
        code = subprocess.run([sys.executable, "-m", "pytest", *FAST, *folders], check=False).returncode
        # tests/browser has no fast tests.
        sys.exit(0 if code == pytest.ExitCode.NO_TESTS_COLLECTED else code)


if __name__ == "__main__":
    main()
