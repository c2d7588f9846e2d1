"""The errors of the guide's content and reports.

GuideError
├── ContentError    a content file says something that cannot be loaded
├── CannotRevert    a row cannot be restored to an earlier revision
└── TooManyReports  the hour's limit of error reports is reached
"""

from pathlib import Path


class GuideError(Exception):
    """Base of the errors that the guide raises."""


class ContentError(GuideError):
    """A content file that cannot be loaded: which, where (line, from 1) and why."""

    def __init__(self, file: Path, reason: str, *, line: int | None = None) -> None:
        self.file = file
        self.line = line
        self.reason = reason
        place = f"{file}, line {line}" if line else str(file)
        super().__init__(f"{place}: {reason}")


class CannotRevert(GuideError):
    """An earlier revision cannot be restored; the message is a sentence that says why."""


class TooManyReports(GuideError):
    """The hour's limit of error reports is reached; no more are taken for now."""
