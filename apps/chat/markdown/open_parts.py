"""The last item of a list and the last row of a table: what can be rendered again alone while it is being written.

The items and rows before it stay on the page as they are. A nested list is cut in the same way, within the last item
of the list around it, so that each level has its own last item.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from apps.chat.markdown.half_typed import is_delimiter_row

LISTS = {"bullet_list_open", "ordered_list_open"}
MARKER = re.compile(r" {0,3}(?:[-+*]|\d{1,9}[.)])(?=[ \n]|$)")
CODE_AFTER = 4  # spaces after a marker, beyond which an item begins with indented code
MOST_LEVELS = 8
HEAD_LINES = 2  # of a table: the names, and the row of dashes


@dataclass(frozen=True, slots=True)
class Part:
    """An item or row that is open."""

    start: int  # characters of the block before it
    indent: int  # columns that its lines stand within the item around it
    within: tuple[str, str]  # the list or table, and what marks its items
    is_loose: bool  # has its items' words in paragraphs
    head: str = ""  # lines that make a table of it

    def text(self, block: str) -> str | None:
        """Its part of ``block``, as Markdown of its own; nothing where a line of it is further out."""
        lines = block[self.start :].split("\n")
        if self.indent and any(line[: self.indent].strip(" ") for line in lines):
            return None
        return self.head + "\n".join(line[self.indent :] for line in lines)


WHOLE = Part(start=0, indent=0, within=("", ""), is_loose=False)  # the block itself


def kind_of(block: Sequence[Token]) -> tuple[str, str]:
    return block[0].type, block[0].markup


def is_loose(block: Sequence[Token]) -> bool:
    """Tell whether a list has blank lines between its items, which then have their words in paragraphs."""
    return not all(_hidden(block))


def is_tight(block: Sequence[Token]) -> bool:
    """Tell whether a list has no blank lines between items; ``False`` if its items have no words of their own."""
    hidden = _hidden(block)
    return bool(hidden) and all(hidden)


def _hidden(block: Sequence[Token]) -> list[bool]:
    level = block[0].level + 2
    return [token.hidden for token in block if token.type == "paragraph_open" and token.level == level]


def loosen(block: Sequence[Token]) -> None:
    level = block[0].level + 2
    for token in block:
        if token.type in {"paragraph_open", "paragraph_close"} and token.level == level:
            token.hidden = False


def inner_html(html: str, block: Sequence[Token]) -> str:
    """Return the items or rows of a rendered list or table."""
    begin, end = ("<tbody>", "</tbody>") if block[0].type == "table_open" else ("<li", "</li>")
    first, last = html.index(begin), html.rindex(end)
    return html[first + len(begin) : last].strip() if begin == "<tbody>" else html[first : last + len(end)]


def mark_parts(block: Sequence[Token], text: str, *, of: Part = WHOLE, levels: int = 0) -> list[Part]:
    """Mark the open items of a list, from the outermost in, or a table's last row; their tags get their level.

    ``text`` is the text of ``of`` as it stands in the block, ``levels`` the lists around it.
    """
    lines = text.split("\n")
    if block[0].type == "table_open":
        return _mark_row(block, lines, of)
    parts: list[Part] = []
    indent = of.indent
    while block and block[0].type in LISTS and levels + len(parts) < MOST_LEVELS:
        item = _last(block, "list_item_open")
        line = _line_of(item[0])
        item[0].attrSet("data-part", str(levels + len(parts) + 1))
        is_loose_here = is_loose(block) or (not parts and of.is_loose)
        parts.append(Part(of.start + _offset_of(lines, line), indent, kind_of(block), is_loose_here))
        marker = MARKER.match(lines[line], indent)
        block = _last_list(item) if marker else []
        if not marker or not block or _line_of(_last(block, "list_item_open")[0]) == line:
            break
        after = lines[line][marker.end() :]
        spaces = len(after) - len(after.lstrip(" "))
        indent = marker.end() + (spaces if after.strip() and spaces <= CODE_AFTER else 1)
    return parts


def _mark_row(block: Sequence[Token], lines: Sequence[str], of: Part) -> list[Part]:
    row = _last(block, "tr_open")
    first = _line_of(block[0])
    body = lines if of.head else lines[first + HEAD_LINES :]
    if _line_of(row[0]) < first + HEAD_LINES or any(map(is_delimiter_row, body)):
        return []
    head = of.head or "".join(f"{line}\n" for line in lines[first : first + HEAD_LINES])
    row[0].attrSet("data-part", "1")
    offset = _offset_of(lines, _line_of(row[0]) - of.head.count("\n"))
    return [Part(of.start + offset, 0, kind_of(block), is_loose=False, head=head)]


def _last(block: Sequence[Token], kind: str) -> Sequence[Token]:
    """Return a block's tokens from its last item or row on, without the block's own end."""
    level = block[0].level + (2 if kind == "tr_open" else 1)
    number = max(number for number, token in enumerate(block) if token.type == kind and token.level == level)
    return block[number:-1]


def _last_list(item: Sequence[Token]) -> Sequence[Token]:
    """Return the list at the end of an item."""
    end = item[-2]
    if end.type not in {"bullet_list_close", "ordered_list_close"}:
        return []
    number = max(number for number, token in enumerate(item) if token.type in LISTS and token.level == end.level)
    return item[number:-1]


def _line_of(token: Token) -> int:
    return (token.map or [0])[0]


def _offset_of(lines: Sequence[str], line: int) -> int:
    return sum(len(before) + 1 for before in lines[:line])
