"""The block that is being written, unless it is a fenced code block, and whatever has not been recognised yet."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from markdown_it.token import Token

from apps.chat.markdown.changes import Append, Change
from apps.chat.markdown.citations import Cited
from apps.chat.markdown.open_fence import LONGEST_HELD, OpenFence
from apps.chat.markdown.renderer import render_block, render_markdown, top_level_blocks
from apps.chat.markdown.unseen import mark_in_prose

OPENING_FENCE = re.compile(r" {0,3}(?P<marks>`{3,}(?=[^`\n]*\n)|~{3,})(?P<info>[^\n]*)\n")
# Where inline markup or a line is completed, so that rendering again shows something new.
COMPLETES_MARKUP = re.compile(r"[`*_~)\]\n]")
# The beginning of an item, with the first character of its words.
BEGINS_ITEM = re.compile(r"\s*(?:[-+*]|\d{1,9}[.)]) +[^\s]")
LONGEST_BEGINNING = 40  # characters
# The beginning of a line that may yet turn out to be a fence, a heading, a list item, a rule or a table row.
# One that begins with code is none of these.
HALF_TYPED = re.compile(
    r" {0,3}(?:`{1,2}|~{1,2}|`{3}[^\n]*|~{3}[^\n]*|\|[^\n]*|#{1,6}|> ?|[-+*=_]+ ?|\d{1,9}(?:[.)] ?)?)"
)
# Lines that end whatever came before them: a fence or heading always, other text after an empty line.
ALWAYS_BEGINS = re.compile(r"`{3}|~{3}|#{1,6} ")
BEGINS_AFTER_EMPTY_LINE = re.compile(r"[^\s\d*+>-]")

SMALL = 400  # characters that may be rendered again whenever markup completes
MEDIUM = 800  # characters that may be rendered again with each line, and with each item that begins
GROWTH = 1.25  # a longer block must have grown by this factor, so that all renderings together stay linear
END_MARK = "\ue000"  # private use: stands where the next character will go


@dataclass(frozen=True, slots=True)
class Progress:
    """What feeding a block came to: finished HTML, and the block that is open now with text it was not given yet."""

    finished: str
    successor: "OpenProse | OpenFence"
    rest: str = ""


class OpenProse:
    """Any block but a fence, and whatever has not been recognised yet."""

    def __init__(self, tail: str, cited: Sequence[Cited] = ()) -> None:
        self._tail = tail
        self._cited = cited
        self._text = ""
        self._pending: list[str] = []
        self.length = 0  # characters
        self._rendered_length = 0
        self._line: list[str] = []
        self._line_length = 0
        self._held = ""
        self._after_empty_line = False
        self._must_parse = False

    def feed(self, text: str) -> Progress | None:
        """Take text. Returns what was finished by it, if the block was parsed; then ``html`` shows what is left."""
        self._pending.append(text)
        self.length += len(text)
        self._follow_lines(text)
        if not self._is_due(text):
            return None
        self._must_parse = False
        return self._parse()

    def change(self, text: str) -> Change | None:
        """What the latest ``text`` changes, with which the block was not parsed."""
        shown = self._shown(text)
        return Append(shown) if shown else None

    def _shown(self, text: str) -> str:
        """The part of the latest ``text`` that may be appended as it is, with what was held back before."""
        visible = self._held + text
        start_of_line = visible.rfind("\n") + 1
        line = visible[start_of_line:]
        whole_line_is_here = start_of_line > 0 or self._line_length == len(line)
        if whole_line_is_here and len(line) <= LONGEST_HELD and HALF_TYPED.fullmatch(line):
            self._held = line
            return mark_in_prose(escape(visible[:start_of_line], quote=False))
        self._held = ""
        return mark_in_prose(escape(visible, quote=False))

    def html(self) -> str:
        """The open block, rendered as far as it makes sense, with the tail element at its end."""
        whole = self._whole()
        self._rendered_length = self.length
        start_of_line = whole.rfind("\n") + 1
        half_typed = len(whole) - start_of_line <= LONGEST_HELD and HALF_TYPED.fullmatch(whole, start_of_line)
        self._held = whole[start_of_line:] if half_typed else ""
        visible = whole[:start_of_line] if half_typed else whole
        if visible.lstrip().startswith("|") and visible.endswith("\n"):
            return render_markdown(visible, self._cited) + self._tail  # the mark would become a row of the table
        before, mark, after = render_markdown(visible + END_MARK, self._cited).rpartition(END_MARK)
        return before + self._tail + after if mark else after + self._tail

    def finish(self) -> str:
        return render_markdown(self._whole(), self._cited)

    def _whole(self) -> str:
        if self._pending:
            self._text += "".join(self._pending)
            self._pending.clear()
        return self._text

    def _is_due(self, text: str) -> bool:
        if self._must_parse:
            return True
        begins_line = "\n" in text or self._begins_item(text)
        if not (begins_line or COMPLETES_MARKUP.search(text)):
            return False
        return self.length <= (MEDIUM if begins_line else SMALL) or self.length >= self._rendered_length * GROWTH

    def _begins_item(self, text: str) -> bool:
        """Whether it is with ``text`` that the line turns out to be one."""
        if self._line_length > LONGEST_BEGINNING + len(text):
            return False
        line = "".join(self._line)
        found = BEGINS_ITEM.match(line)
        return found is not None and found.end() > len(line) - len(text)

    def _follow_lines(self, text: str) -> None:
        first, *others = text.split("\n")
        self._line.append(first)
        self._line_length += len(first)
        for other in others:
            self._end_line("".join(self._line))
            self._line = [other]
            self._line_length = len(other)

    def _end_line(self, line: str) -> None:
        if ALWAYS_BEGINS.match(line) or (self._after_empty_line and BEGINS_AFTER_EMPTY_LINE.match(line)):
            self._must_parse = True
        self._after_empty_line = not line.strip()

    def _parse(self) -> Progress:
        whole = self._whole()
        complete = whole[: whole.rfind("\n") + 1]
        blocks = list(top_level_blocks(complete, self._cited))
        start = _offset_of_line(complete, blocks[-1][0]) if blocks else 0
        finished = _render(blocks[:-1], self._cited)
        if opening := OPENING_FENCE.match(complete, start):
            fence = OpenFence(self._tail, opening)
            return Progress(finished, fence, rest=whole[opening.end() :])
        if start:
            self._text = whole[start:]
            self.length = len(self._text)
            self._rendered_length = 0
        return Progress(finished, self)


def _render(blocks: Sequence[tuple[int, list[Token]]], cited: Sequence[Cited]) -> str:
    return "".join(render_block(tokens, cited) for _, tokens in blocks)


def _offset_of_line(text: str, line: int) -> int:
    offset = 0
    for _ in range(line):
        offset = text.index("\n", offset) + 1
    return offset
