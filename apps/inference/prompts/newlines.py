"""The line ends of documents: the models know LF, editors on Windows have CRLF."""

from typing import Literal

Newline = Literal["\n", "\r\n"]
LF: Newline = "\n"
CRLF: Newline = "\r\n"


def newline_of(document: str) -> Newline:
    """Return the line end that most lines of ``document`` have; CRLF where both are equally many."""
    crlf = document.count(CRLF)
    return CRLF if crlf and 2 * crlf >= document.count(LF) else LF


def to_lf(document: str) -> str:
    """Return ``document`` with LF for CRLF; a CR by itself stays."""
    return document.replace(CRLF, LF)


def split_to_lf(prefix: str, suffix: str) -> tuple[str, str]:
    """Return both parts of a document with LF for CRLF, also if the cut divides a CRLF."""
    if prefix.endswith("\r") and suffix.startswith("\n"):
        prefix = prefix[:-1]
    return to_lf(prefix), to_lf(suffix)
