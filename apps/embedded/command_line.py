"""The program behind ``./workbench``: a command of manage.py, with the settings of the copy that runs.

Plain Python: the settings must be in the environment before Django reads them.
"""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from apps.embedded.errors import SeveralCopiesError
from apps.embedded.program import PROJECT_FOLDER

try:
    import psutil
except ImportError:  # the embedded servers are not installed, so no stack can run
    psutil = None  # type: ignore[assignment]

MANAGE = PROJECT_FOLDER / "manage.py"
DEFAULT_DATA_DIR = PROJECT_FOLDER / ".local"
DEFAULT_PORT = "8000"


@dataclass(frozen=True, slots=True)
class Copy:
    """A running stack of ``start``, with the environment of its process."""

    environment: Mapping[str, str]
    folder: Path

    @property
    def data_dir(self) -> Path:
        return absolute(self.environment.get("DATA_DIR", ""), self.folder)

    @property
    def port(self) -> str:
        return self.environment.get("PORT") or DEFAULT_PORT


def main() -> None:
    """Replace this process by manage.py with the same arguments."""
    arguments = sys.argv[1:]
    environment = dict(os.environ)
    if arguments[:1] != ["start"]:
        try:
            environment = settings_for(environment, list(running_copies()))
        except SeveralCopiesError as error:
            sys.exit(str(error))
    os.execve(sys.executable, [sys.executable, str(MANAGE), *arguments], environment)  # noqa: S606 (no shell is meant)


def running_copies() -> Iterator[Copy]:
    """Find the running stacks of this folder whose environment this user may read."""
    for process in psutil.process_iter() if psutil else ():
        try:
            words = process.cmdline()
            if words[-1:] == ["start"] and _is_our_manage(words[-2:-1], Path(process.cwd())):
                yield Copy(process.environ(), Path(process.cwd()))
        except psutil.Error:  # another user's, or it has just ended
            continue


def settings_for(own: Mapping[str, str], copies: Sequence[Copy]) -> dict[str, str]:
    """Return the ``own`` environment, completed with the settings of the running copy that it selects.

    Raises ``SeveralCopiesError`` if several run and none is named by ``DATA_DIR`` or ``PORT``.
    """
    copy = _choose(own, copies)
    if copy is None:
        return dict(own)
    return {**copy.environment, **own, "DATA_DIR": str(copy.data_dir), "PORT": copy.port}


def absolute(data_dir: str, folder: Path) -> Path:
    return folder / Path(data_dir).expanduser() if data_dir else DEFAULT_DATA_DIR


def _choose(own: Mapping[str, str], copies: Sequence[Copy]) -> Copy | None:
    if named := own.get("DATA_DIR"):
        fitting = [copy for copy in copies if copy.data_dir.resolve() == absolute(named, Path.cwd()).resolve()]
        return fitting[0] if fitting else None
    if port := own.get("PORT"):
        copies = [copy for copy in copies if copy.port == port]
    if len(copies) > 1:
        copies = [copy for copy in copies if copy.data_dir == DEFAULT_DATA_DIR] or copies
    if len(copies) > 1:
        raise SeveralCopiesError([f"DATA_DIR={copy.data_dir} (port {copy.port})" for copy in copies])
    return copies[0] if copies else None


def _is_our_manage(words: Sequence[str], folder: Path) -> bool:
    return bool(words) and (folder / words[0]).resolve() == MANAGE


if __name__ == "__main__":
    main()
