"""The last item of a list and the last row of a table, which can be rendered again alone while they are written.

The items and rows before it stay on the page as they are. A nested list or table is cut in the same way, within the
last item of the list around it, so that each level has its own last item. Quotes may stand around each of these.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from apps.chat.markdown.open.half_typed import is_delimiter_row

LISTS = {"bullet_list_open", "ordered_list_open"}
CONTAINERS = LISTS | {"table_open", "blockquote_open"}
CONTAINER_ENDS = {"bullet_list_close", "ordered_list_close", "table_close", "blockquote_close"}
MARKER = re.compile(r" {0,3}(?:[-+*]|\d{1,9}[.)])(?=[ \n]|$)")
QUOTE = re.compile(r" {0,3}> ?")
IN_QUOTE = -1  # a frame of a quote; the frame of an item is the number of columns by which its lines are indented
CODE_AFTER = 4  # spaces after a marker, beyond which an item begins with indented code
MOST_LEVELS = 8
HEAD_LINES = 2  # of a table: the names, and the row of dashes


@dataclass(frozen=True, slots=True)
class Part:
    """An item or row that is open."""

    start: int  # offset in the block
    frames: tuple[int, ...]  # the quotes and items around the part, the outermost first
    within: tuple[str, str]  # the kind of the list or table, and the mark of its items
    is_loose: bool  # whether the list's items hold paragraphs
    head: str = ""  # the head lines of the table, which make the row a table of its own

    def text(self, block: str) -> str | None:
        """Return the part's text in ``block`` as separate Markdown, or ``None`` if a line is outside its frames."""
        lines = block[self.start :].split("\n")
        inner = [unframed(line, self.frames) for line in lines[:-1]]
        inner.append(unframed(lines[-1], self.frames) if lines[-1] else "")
        return None if None in inner else self.head + "\n".join(line or "" for line in inner)


def unframed(line: str, frames: Sequence[int]) -> str | None:
    """Return a line without the quote marks and indentation of ``frames``; ``None`` if it is outside them."""
    for frame in frames:
        if frame == IN_QUOTE:
            mark = QUOTE.match(line)
            if not mark:
                return None
            line = line[mark.end() :]
        elif line[:frame].strip(" "):
            return None
        else:
            line = line[frame:]
    return line


WHOLE = Part(start=0, frames=(), within=("", ""), is_loose=False)  # the block itself


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
    """Mark the open items of a list, the outermost first, or a table's last row. Write each part's level into its tag.

    ``text`` is the text of the part ``of`` in the block, ``levels`` the number of lists around it.
    """
    lines = text.split("\n")
    parts: list[Part] = []
    frames = of.frames
    while block and levels + len(parts) < MOST_LEVELS:
        if block[0].type == "table_open":
            is_over = bool(frames) and len(lines) > 1 and not lines[-2].strip(" \t>")
            return parts + ([] if is_over else _mark_row(block, lines, frames, of, levels + len(parts) + 1))
        if block[0].type == "blockquote_open":
            frames, block = (*frames, IN_QUOTE), _last_inner(block)
            continue
        if block[0].type not in LISTS:
            break
        item = _last(block, "list_item_open")
        line = _line_of(item[0])
        item[0].attrSet("data-part", str(levels + len(parts) + 1))
        is_loose_here = is_loose(block) or (not parts and of.is_loose)
        parts.append(Part(of.start + _offset_of(lines, line), frames, kind_of(block), is_loose_here))
        block = _last_inner(item)
        frame = _frame_of(unframed(lines[line], frames)) if block and _begins_after(block, line) else None
        if frame is None:
            break
        frames = (*frames, frame)
    return parts


def _begins_after(block: Sequence[Token], line: int) -> bool:
    """Tell whether a list or table in an item begins on a line of its own. A quote may begin on the item's line."""
    inner, _ = within_quotes(block)
    return not inner or inner[0].type not in LISTS or _line_of(_last(inner, "list_item_open")[0]) != line


def _frame_of(line: str | None) -> int | None:
    """Return the indentation of an item's other lines, in columns, from its first line."""
    marker = MARKER.match(line) if line is not None else None
    if line is None or not marker:
        return None
    after = line[marker.end() :]
    spaces = len(after) - len(after.lstrip(" "))
    return marker.end() + (spaces if after.strip() and spaces <= CODE_AFTER else 1)


def _mark_row(
    block: Sequence[Token], lines: Sequence[str], frames: tuple[int, ...], of: Part, level: int
) -> list[Part]:
    row = _last(block, "tr_open")
    first = _line_of(block[0])
    is_own = bool(of.head)  # the lines are the row's own
    inner = [unframed(line, frames) if line else "" for line in (lines if is_own else lines[first:])]
    if None in inner or (not is_own and len(inner) < HEAD_LINES):
        return []
    body = inner if is_own else inner[HEAD_LINES:]
    if _line_of(row[0]) < first + HEAD_LINES or any(is_delimiter_row(line or "") for line in body):
        return []
    head = of.head or "".join(f"{line}\n" for line in inner[:HEAD_LINES])
    row[0].attrSet("data-part", str(level))
    offset = _offset_of(lines, _line_of(row[0]) - (HEAD_LINES if is_own else 0))
    return [Part(of.start + offset, frames, kind_of(block), is_loose=False, head=head)]


def _last(block: Sequence[Token], kind: str) -> Sequence[Token]:
    """Return a block's tokens from its last item or row on, without the block's own end."""
    level = block[0].level + (2 if kind == "tr_open" else 1)
    number = max(number for number, token in enumerate(block) if token.type == kind and token.level == level)
    return block[number:-1]


def within_quotes(block: Sequence[Token]) -> tuple[Sequence[Token], int]:
    """Return the list or table at the end of the quotes around it (empty if neither), and the number of quotes."""
    depth = 0
    while block and block[0].type == "blockquote_open":
        block = _last_inner(block)
        depth += 1
    return block, depth


def last_table(block: Sequence[Token]) -> Sequence[Token]:
    """Return the table at the end of a block, also within quotes and last items; empty if there is none."""
    while block and block[0].type != "table_open":
        if block[0].type in LISTS:
            block = _last(block, "list_item_open")
        elif block[0].type not in CONTAINERS:
            return []
        block = _last_inner(block)
    return block


def _last_inner(block: Sequence[Token]) -> Sequence[Token]:
    """Return the list, table or quote at the end of an item or a quote."""
    inner = block[1:-1]
    if not inner or inner[-1].type not in CONTAINER_ENDS:
        return []
    level = inner[-1].level
    number = max(number for number, token in enumerate(inner) if token.type in CONTAINERS and token.level == level)
    return inner[number:]


def _line_of(token: Token) -> int:
    return (token.map or [0])[0]


def _offset_of(lines: Sequence[str], line: int) -> int:
    return sum(len(before) + 1 for before in lines[:line])
