"""The place in a rendered block where the next character goes."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from markdown_it.token import Token

from apps.chat.markdown.citations import Cited
from apps.chat.markdown.open.parts import LISTS, last_table, within_quotes
from apps.chat.markdown.open.words import is_complete
from apps.chat.markdown.renderer import top_level_blocks

END_MARK = "\ue000"  # private use: stands where the next character will go
FENCE = re.compile(r"[ ]*(?:(?:[-+*]|\d{1,9}[.)])[ ]+)*(?=`{3}|~{3})")
ENDS = {"table_open": ("</td>", "</th>"), "bullet_list_open": ("</li>",), "ordered_list_open": ("</li>",)}
CODE_END = "</code>"
EMPTY_LINE = re.compile(r"\n[ \t>]*\n\Z")  # at the end, also within quotes
QUOTE_MARKS = re.compile(r"(?: {0,3}>)+")
type Blocks = list[list[Token]]


def open_blocks(text: str, cited: Sequence[Cited]) -> tuple[Blocks, tuple[str, ...]]:
    """Return the blocks of ``text`` with the end mark; or without it, and the end tags that can hold the tail."""
    if not text.endswith("\n"):
        return _blocks(text + END_MARK, cited), ()
    if "|" in text and (blocks := _with_open_table(text, cited)):
        return blocks, ENDS["table_open"]  # the mark would become a row
    quote = QUOTE_MARKS.match(text, text.rfind("\n", 0, -1) + 1)
    if quote:
        return _open_quote(text, f"{quote[0]} ", cited)
    blocks = _blocks(text + END_MARK, cited)
    if len(blocks) > 1 and _is_mark(blocks[-1]) and blocks[-2][0].type in ENDS:
        kind = blocks[-2][0].type
        return blocks[:-1], (CODE_END,) if kind in LISTS and _is_in_code(text, cited) else ENDS[kind]
    return blocks, ()


class TailPlace(NamedTuple):
    """The place of the tail in a block."""

    quotes: int  # number of quotes around the tail
    may_grow: bool = False  # the tail is in a paragraph that can take more words
    is_half_typed: bool = False  # the markup before the tail is half typed


def place_of_tail(block: Sequence[Token]) -> TailPlace:
    quotes = 0
    for before, token in pairwise(block):
        quotes += {"blockquote_open": 1, "blockquote_close": -1}.get(before.type, 0)
        if END_MARK in token.content:
            is_paragraph = before.type == "paragraph_open" and (before.level > 0 or token.content != END_MARK)
            is_whole = is_complete(token)
            return TailPlace(quotes, is_paragraph and is_whole, is_paragraph and not is_whole)
    return TailPlace(within_quotes(block)[1])


def _with_open_table(text: str, cited: Sequence[Cited]) -> Blocks:
    """Return the blocks without the mark if a table is last in them; otherwise nothing."""
    blocks = _blocks(text, cited)
    is_alone = bool(blocks) and blocks[-1][0].type == "table_open"
    return blocks if is_alone or (blocks and last_table(blocks[-1]) and not EMPTY_LINE.search(text)) else []


def _open_quote(text: str, marks: str, cited: Sequence[Cited]) -> tuple[Blocks, tuple[str, ...]]:
    """Return the blocks of text that ends in a quote. Quote marks before the end mark keep it inside the quote."""
    blocks = _blocks(text, cited)
    last, _ = within_quotes(blocks[-1])
    if last and last[0].type in LISTS and EMPTY_LINE.search(text):
        return blocks, ENDS[last[0].type]
    return _blocks(text + marks + END_MARK, cited), ()


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
    """Return whether a fence within an item is open: an end mark at the beginning of a line would end both."""
    fences = (FENCE.match(line) for line in reversed(text.split("\n")))
    fence = next((found for found in fences if found), None)
    if not fence:
        return False
    *_, block = _blocks(text + " " * fence.end() + END_MARK, cited)
    last = next(token for token in reversed(block) if token.nesting >= 0)
    return block[0].type in LISTS and last.type == "fence" and last.content.rstrip("\n").endswith(END_MARK)
