"""The fingerprint of what a load depends on: the content files, and the program that reads and indexes them."""

import hashlib
from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[2]


def fingerprint_of(folder: Path) -> str:
    """Return a SHA-256 of the files' names and contents, wherever the folder lies."""
    found = hashlib.sha256()
    for base, pattern in ((folder, "*"), (PROGRAM, "*.py")):
        for path in sorted(path for path in base.rglob(pattern) if path.is_file()):
            content = path.read_bytes()
            # With its length, a content cannot pass for the next name.
            found.update(f"{path.relative_to(base)}\0{len(content)}\0".encode())
            found.update(content)
    return found.hexdigest()
