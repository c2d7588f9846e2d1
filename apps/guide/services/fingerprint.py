"""The fingerprint of a load's inputs: the content files, and the code that reads and indexes them."""

import hashlib
from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[2]


def fingerprint_of(folder: Path) -> str:
    """Return a SHA-256 of the files' names and contents, wherever the folder lies."""
    found = hashlib.sha256()
    for base, pattern in ((folder, "*"), (PROGRAM, "*.py")):
        for path in sorted(path for path in base.rglob(pattern) if path.is_file()):
            content = path.read_bytes()
            # The length keeps a file's content from being read as the next file's name.
            found.update(f"{path.relative_to(base)}\0{len(content)}\0".encode())
            found.update(content)
    return found.hexdigest()
