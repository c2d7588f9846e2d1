"""Refuse a commit whose subject is missing or longer than 72 characters. Usage: check_subject.py MESSAGE_FILE."""

import re
import sys
from pathlib import Path

LIMIT = 72
# `git commit --fixup` writes these prefixes before another commit's subject; an autosquash rebase removes them.
AUTOSQUASH = re.compile(r"^((fixup|squash|amend)! )+")


def read_subject(message: str) -> str:
    """Return the subject: the first line that is neither empty nor a comment, since git drops those."""
    kept = (line.strip() for line in message.splitlines() if not line.startswith("#"))
    return AUTOSQUASH.sub("", next(filter(None, kept), ""))


def main() -> None:
    """Exit with a reason if the subject breaks a rule."""
    subject = read_subject(Path(sys.argv[1]).read_text())
    if not subject:
        sys.exit("The commit message has no subject.")
    if len(subject) > LIMIT:
        sys.exit(f"The subject has {len(subject)} characters; {LIMIT} are allowed. Move the reasons into the body.")


if __name__ == "__main__":
    main()
