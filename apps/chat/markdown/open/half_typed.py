"""Hold lines back until their kind is known."""

import re

from apps.chat.markdown.tables import DELIMITER_ROW

LONGEST_HELD = 300  # characters of a line
# The beginning of a line that may still become a fence, a heading, an item, a rule or a row. A line that begins with
# code is none of these.
HALF_TYPED = re.compile(
    r"[ \t]*(?:>[ \t]*)*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)*"
    r"(?:\[(?:[ xX](?:\] ?)?)?|`{1,2}|~{1,2}|`{3}[^\n]*|~{3}[^\n]*|\|[^\n]*|#{1,6}|[-+*=_]+ ?|\d{1,9}[.)]?)?"
)
HEAD = re.compile(r"[ \t]*(?:>[ \t]*)*\|[^\n]*")  # of a table, if a row of dashes follows
HALF_DELIMITER = re.compile(r"[ \t]*(?:>[ \t]*)*[|:\- \t]*")
# The beginning of an item, with the first character of its words.
BEGINS_ITEM = re.compile(r"[\s>]*(?:[-+*]|\d{1,9}[.)]) +[^\s]")


def held_from(text: str, *, is_row: bool, is_in_table: bool = False) -> int:
    """Return the offset from which ``text`` waits for more.

    ``is_row``: the last line belongs to a table. ``is_in_table``: the line before does, and the last line may.
    """
    start = text.rfind("\n") + 1
    if not is_held(text[start:], is_row=is_row):
        return len(text)
    before = text.rfind("\n", 0, max(0, start - 1)) + 1
    if (
        not (is_row or is_in_table)
        and start
        and HALF_DELIMITER.fullmatch(text, start)
        and _may_be_head(text[before : start - 1])
    ):
        return before
    return start


def is_held(line: str, *, is_row: bool) -> bool:
    return len(line) <= LONGEST_HELD and (is_row or HALF_TYPED.fullmatch(line) is not None)


def is_delimiter_row(line: str) -> bool:
    return "-" in line and DELIMITER_ROW.fullmatch(line) is not None


def _may_be_head(line: str) -> bool:
    return len(line) <= LONGEST_HELD and HEAD.fullmatch(line) is not None and not is_delimiter_row(line)
