"""Emphasis where people expect it: ``**Note:**text`` is bold, and so is text beside Chinese or Japanese marks.

Beside punctuation, CommonMark makes text bold only after a space or more punctuation. Models don't write like this,
nor do languages without spaces between words. Everything that CommonMark makes bold stays bold.
"""

import unicodedata

from markdown_it import MarkdownIt
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token
from markdown_it.utils import EnvType

ENDS_SENTENCE = ".,:;!?、。，．：；！？…"
BEGINS, ENDS = {"Ps", "Pi"}, {"Pe", "Pf"}  # categories of brackets and quotation marks
# Ideographs, kana, hangul, and their marks and full-width forms.
EAST_ASIAN = [(0x1100, 0x11FF), (0x2E80, 0xA4CF), (0xA960, 0xA97F), (0xAC00, 0xD7FF), (0xF900, 0xFAFF)]
EAST_ASIAN += [(0xFE30, 0xFE4F), (0xFF00, 0xFFEF), (0x1B000, 0x1B16F), (0x20000, 0x3FFFF)]


def find_more_emphasis(markdown: MarkdownIt) -> None:
    """Replace the parser of lines. Call this before rules are added to it."""
    markdown.inline = _Lines()


class Line(StateInline):
    """The lines of one paragraph, cell or heading while they are parsed."""

    word_of_escapes = range(0)  # positions of the latest word whose backslashes are escapes

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803, FBT001 - as the parser calls it
        scanned = super().scanDelims(start, canSplitWord)
        end = start + scanned.length
        before = self.src[start - 1] if start else " "
        after = self.src[end] if end < self.posMax else " "
        can_open, can_close = scanned.can_open, scanned.can_close
        if self.src[start] == "_":
            can_close = can_close or (scanned.length > 1 and _ends_clause(before))
        elif scanned.length > 1 or _is_east_asian(before) or _is_east_asian(after):  # or it may multiply
            can_open = can_open or not _is_end(after)
            can_close = can_close or not _is_beginning(before)
        if _is_operator(self.src[max(0, start - 2) : start], after):
            can_open = False
        return Scanned(can_open, can_close, scanned.length)


class _Lines(ParserInline):
    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        state = Line(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


def _is_operator(before: str, after: str) -> bool:
    """Return whether the mark is an operator, as in ``2**n``, ``x*y`` and ``f(x)**2``: ASCII letters only."""
    if not (after.isascii() and after.isalnum() and before.isascii()):
        return False
    one_letter = before[-1:].isalpha() and not before[:-1].isalnum()
    return (
        one_letter or before[-1:].isdigit() or before[-1:] in {")", "]"} or (after.isdigit() and before[-1:].isalpha())
    )


def _is_end(after: str) -> bool:
    return after.isspace() or after in ENDS_SENTENCE or unicodedata.category(after) in ENDS


def _is_beginning(before: str) -> bool:
    return before.isspace() or unicodedata.category(before) in BEGINS


def _ends_clause(before: str) -> bool:
    return before in ENDS_SENTENCE or unicodedata.category(before) in ENDS


def _is_east_asian(character: str) -> bool:
    return not character.isascii() and any(first <= ord(character) <= last for first, last in EAST_ASIAN)
