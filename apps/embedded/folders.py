"""Make the folders of a stack, with the rights that its programs need."""

import importlib.util
import os
import stat
from pathlib import Path

from apps.embedded.errors import StartError
from apps.embedded.layout import Layout

OWNER_ONLY = 0o700
READABLE = 0o044
TRAVERSABLE = 0o011


def package_folder(name: str) -> Path:
    """Return where the package is installed, without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise StartError(f"The package {name} is not installed. Run `uv sync`.")
    return Path(spec.origin).parent


def make_folders(layout: Layout) -> None:
    """Make every folder of ``layout``. Raises ``StartError`` if ``DATA_DIR`` cannot be written."""
    try:
        layout.data_dir.mkdir(parents=True, exist_ok=True)
        for folder in (layout.logs, layout.valkey_data):
            folder.mkdir(mode=OWNER_ONLY, exist_ok=True)
        probe = layout.data_dir / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StartError(
            f"DATA_DIR {layout.data_dir} cannot be used: {error.strerror}. Set it to a folder that can be written."
        ) from None
    _make_socket_folder(layout.sockets)


def _make_socket_folder(folder: Path) -> None:
    """Make the folder accessible only to its owner: everybody who reaches the sockets can read the data."""
    folder.mkdir(mode=OWNER_ONLY, exist_ok=True)
    # In the shared temporary folder, an attacker may have made this folder first to read the traffic.
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or (os.geteuid() != 0 and facts.st_uid != os.geteuid()):
        raise StartError(f"{folder} belongs to somebody else. Set DATA_DIR to a shorter path.")
    folder.chmod(OWNER_ONLY)


def let_others_pass(folder: Path) -> None:
    """Let other users traverse, not list, the folders above ``folder``."""
    for above in folder.absolute().parents:
        _add_mode(above, TRAVERSABLE)


def let_others_read(folder: Path) -> None:
    """Let other users reach, read and run the files in ``folder``."""
    let_others_pass(folder)
    for path in (folder, *folder.rglob("*")):
        may_run = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
        _add_mode(path, READABLE | TRAVERSABLE if may_run else READABLE)


def _add_mode(path: Path, bits: int) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & bits != bits:
        path.chmod(mode | bits)
