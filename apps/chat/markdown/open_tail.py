"""The place in a rendered block where the next character goes."""

import re
from collections.abc import Sequence

from markdown_it.token import Token

from apps.chat.markdown.citations import Cited
from apps.chat.markdown.open_parts import LISTS
from apps.chat.markdown.renderer import top_level_blocks

END_MARK = "\ue000"  # private use: stands where the next character will go
FENCE = re.compile(r"[ ]*(?:(?:[-+*]|\d{1,9}[.)])[ ]+)*(?=`{3}|~{3})")
ENDS = {"table_open": ("</td>", "</th>"), "bullet_list_open": ("</li>",), "ordered_list_open": ("</li>",)}
CODE_END = "</code>"
type Blocks = list[list[Token]]


def open_blocks(text: str, cited: Sequence[Cited]) -> tuple[Blocks, tuple[str, ...]]:
    """Return the blocks of ``text`` with the mark in them; or without it, and the end tags that may take it."""
    blocks = _blocks(text + END_MARK, cited)
    if not text.endswith("\n"):
        return blocks, ()
    if blocks[-1][0].type == "table_open":
        return _blocks(text, cited), ENDS["table_open"]  # the mark would be a row
    if len(blocks) > 1 and _is_mark(blocks[-1]) and blocks[-2][0].type in ENDS:
        kind = blocks[-2][0].type
        return blocks[:-1], (CODE_END,) if kind in LISTS and _is_in_code(text, cited) else ENDS[kind]
    return blocks, ()


def with_tail(html: str, tail: str, ends: Sequence[str]) -> str:
    """Put the tail element into the HTML of open blocks."""
    for end in ends or [END_MARK]:
        before, found, after = html.rpartition(end)
        if found:
            return before + tail + found.removeprefix(END_MARK) + after
    return html + tail


def _blocks(text: str, cited: Sequence[Cited]) -> Blocks:
    return [block for _, block in top_level_blocks(text, cited)]


def _is_mark(block: Sequence[Token]) -> bool:
    return block[0].type == "paragraph_open" and block[1].content == END_MARK


def _is_in_code(text: str, cited: Sequence[Cited]) -> bool:
    """Whether a fence within an item is open, which the mark at the beginning of a line would end with the item."""
    fences = (FENCE.match(line) for line in reversed(text.split("\n")))
    fence = next((found for found in fences if found), None)
    if not fence:
        return False
    *_, block = _blocks(text + " " * fence.end() + END_MARK, cited)
    last = next(token for token in reversed(block) if token.nesting >= 0)
    return block[0].type in LISTS and last.type == "fence" and last.content.rstrip("\n").endswith(END_MARK)
