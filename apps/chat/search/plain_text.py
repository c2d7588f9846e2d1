"""Markdown as plain text, for an excerpt on one line."""

import re

RULES = re.compile(r"^[ \t]*(?:\|?[ :|-]*-{2,}[ :|-]*\|?|[*_]{3,}|(?:`{3,}|~{3,})\S*)[ \t]*$", re.MULTILINE)
BEGINNINGS = re.compile(r"^[ \t]*(?:#{1,6}|>+|[-*+]|\d{1,3}[.)])[ \t]+", re.MULTILINE)
CELLS = re.compile(r"\s*\|\s*")
MARKS = re.compile(r"\*\*|`")


def plain_text(text: str) -> str:
    """Return the text without the marks of headings, lists, quotes, tables, fences, bold text and code."""
    without = BEGINNINGS.sub("", RULES.sub("", text))
    lines = (CELLS.sub(" ", line).strip() if line.count("|") > 1 else line for line in without.splitlines())
    return MARKS.sub("", "\n".join(lines))
