"""The block that is being written: any but a fenced code block, also a block that is not recognised yet."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from markdown_it.token import Token

from apps.chat.markdown.changes import Append, Change, Extend, Grow
from apps.chat.markdown.citations import Cited
from apps.chat.markdown.open.credit import Credit
from apps.chat.markdown.open.fence import OpenFence
from apps.chat.markdown.open.half_typed import BEGINS_ITEM, LONGEST_HELD, held_from, is_delimiter_row, is_held
from apps.chat.markdown.open.parts import (
    IN_QUOTE,
    LISTS,
    Part,
    inner_html,
    is_tight,
    kind_of,
    last_table,
    loosen,
    mark_parts,
    within_quotes,
)
from apps.chat.markdown.open.tail import TailPlace, open_blocks, place_of_tail, with_tail
from apps.chat.markdown.open.words import has_markup, outdented, words_html
from apps.chat.markdown.renderer import render_block, render_markdown, top_level_blocks
from apps.chat.markdown.unseen import mark_in_prose

OPENING_FENCE = re.compile(r" {0,3}(?P<marks>`{3,}(?=[^`\n]*\n)|~{3,})(?P<info>[^\n]*)\n")
# Characters that complete inline markup or a line, so that rendering again shows something new.
COMPLETES_MARKUP = re.compile(r"[`*_~)\]\n]")
# A text without these characters renders nothing again; "|" ends the cell of a table.
MAY_RENDER = re.compile(r"[`*_~)\]\n|]")
# Lines that end the block before them: a fence or heading always, other text only after an empty line.
ALWAYS_BEGINS = re.compile(r"`{3}|~{3}|#{1,6} ")
BEGINS_AFTER_EMPTY_LINE = re.compile(r"[^\s\d*+>-]")

SMALL = 400  # characters that may be rendered again whenever markup completes
MEDIUM = 800  # characters that may be rendered again with each line
GROWTH = 1.25  # a longer block must have grown by this factor, so that all renderings together stay linear


@dataclass(frozen=True, slots=True)
class Progress:
    """The result of feeding a block: finished HTML, and the open block with the text that it lacks."""

    finished: str
    successor: "OpenProse | OpenFence"
    rest: str = ""


class OpenProse:
    """An open block: any but a fence, also one that has not been recognised yet."""

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
        self._may_begin_part = False
        self._is_table = self._ends_in_table = False
        self._parts: list[Part] = []
        self._credit = Credit()
        self._change: Extend | Grow | None = None
        self._place = TailPlace(quotes=0)
        self._as_text_from = 0  # offset from which the block is shown as plain text, not rendered
        self._shown_to_line_end = True

    def feed(self, text: str) -> Progress | None:
        """Take text. If the block was parsed, return the progress; ``html`` then shows the rest of the block."""
        self._pending.append(text)
        self.length += len(text)
        self._credit.earn(len(text))
        begins_line = self._follow_lines(text)
        self._change = None
        if not self._must_parse:
            if not begins_line and (not COMPLETES_MARKUP.search(text) or self._is_waiting()):
                return None
            if not begins_line and self._parts and self._place.may_grow:
                self._grows(begins_line=False)
                return None
            self._change = self._extend(begins_line=begins_line)
            if self._change or self._grows(begins_line=begins_line) or not self._is_due(begins_line=begins_line):
                return None
        self._must_parse = self._may_begin_part = False
        return self._parse()

    def only_appends(self, text: str) -> bool:
        """Return whether feeding ``text`` renders nothing again: it adds words to a line whose kind is settled."""
        return not MAY_RENDER.search(text) and not self._is_waiting()

    def change(self, text: str) -> Change | None:
        """Return the change that the latest ``text`` makes, if the block was not parsed with it."""
        if self._change:
            return self._change
        shown = self._shown(text)
        return Append(shown) if shown else None

    def _shown(self, text: str) -> str:
        """Return the part of the latest ``text`` that may be appended as it is, after the text held back before."""
        visible = self._held + text
        whole_line_is_here = "\n" in visible or self._line_length == len(visible)
        held = held_from(visible, is_row=self._is_row()) if whole_line_is_here else len(visible)
        self._held = visible[held:]
        return mark_in_prose(escape(self._outdented(visible[:held]), quote=False))

    def _outdented(self, text: str) -> str:
        """Return the text to show next, without the marks of the quotes around it."""
        if not text or not self._place.quotes:
            return text
        first, *others = text.split("\n")
        if self._shown_to_line_end:
            first = outdented(first, self._place.quotes)
        self._shown_to_line_end = text.endswith("\n")
        return "\n".join([first, *(outdented(line, self._place.quotes) for line in others)])

    def html(self) -> str:
        """Render the open block without half-typed markup, with the tail element at its end."""
        self._rendered_length = self.length
        whole = self._whole()
        self._is_table = False
        visible = whole[: held_from(whole, is_row=False, is_in_table=self._ends_in_table)]
        blocks, ends = open_blocks(visible, self._cited)
        self._is_table = _is_table(blocks[-1])
        if self._is_row():
            visible = whole[: held_from(whole, is_row=True)]
            blocks, ends = open_blocks(visible, self._cited)
        self._held = whole[len(visible) :]
        self._parts = mark_parts(blocks[-1], visible)
        self._note_end(blocks[-1], visible)
        html = "".join(render_block(block, self._cited) for block in blocks)
        return with_tail(html, self._tail, ends)

    def _note_end(self, block: Sequence[Token], visible: str, quotes: int = 0) -> None:
        """Note the place of the tail. ``block`` was rendered from the ``visible`` text, within so many ``quotes``."""
        place = place_of_tail(block)
        self._place = place._replace(quotes=place.quotes + quotes)
        self._ends_in_table = bool(last_table(block))
        self._rendered_to(visible)

    def _rendered_to(self, visible: str) -> None:
        self._as_text_from = len(visible)
        self._shown_to_line_end = visible.endswith("\n") or not visible

    def finish(self) -> str:
        return render_markdown(self._whole(), self._cited)

    def _whole(self) -> str:
        if self._pending:
            self._text += "".join(self._pending)
            self._pending.clear()
        return self._text

    def _is_row(self) -> bool:
        return self._is_table and not self._after_empty_line

    def _is_waiting(self) -> bool:
        """Return whether the last line is held back whole."""
        return self._line_length <= LONGEST_HELD and is_held("".join(self._line), is_row=self._is_row())

    def _is_due(self, *, begins_line: bool) -> bool:
        """Return whether the whole block may be parsed again."""
        if self._parts or self._is_table:
            return begins_line and self._credit.pay(self.length)
        if not begins_line and self.length > SMALL and self._place.may_grow:
            return False  # the line's markup is half typed
        if self.length <= (MEDIUM if begins_line else SMALL) or self.length >= self._rendered_length * GROWTH:
            return True
        is_prose = self._place.quotes > 0 or self._place.may_grow
        is_wrong = (begins_line and is_prose) or self._place.is_half_typed or self._may_begin_part
        return is_wrong and self._credit.pay(self.length)

    def _extend(self, *, begins_line: bool) -> Extend | None:
        """Render the last item or row again: the innermost part that holds all later text."""
        whole = self._whole()
        visible = whole[: held_from(whole, is_row=self._is_row(), is_in_table=self._ends_in_table)]
        for level in range(len(self._parts), 0, -1):
            text = self._parts[level - 1].text(visible)
            if text is None:
                continue
            if not begins_line and (
                self._credit.characters < MEDIUM or (len(text) > SMALL and not self._place.is_half_typed)
            ):
                return None
            if not self._credit.pay(len(text)):
                return None
            if html := self._part(level, text, visible):
                self._held = whole[len(visible) :]
                return Extend(level, html)
        return None

    def _grows(self, *, begins_line: bool) -> bool:
        """Render the new words of a long open paragraph, which are shown as plain text, if their markup is complete."""
        is_short = self.length <= (MEDIUM if begins_line else SMALL) and not self._parts
        if is_short or not self._place.may_grow or (begins_line and self._may_begin_part):
            return False
        whole = self._whole()
        end = held_from(whole, is_row=False)
        words = whole[self._as_text_from : end]
        if not has_markup(words, self._place.quotes):
            return True
        if len(words) > MEDIUM or not self._credit.pay(2 * len(words)):
            return False
        before = whole[self._as_text_from - 1 : self._as_text_from] or "\n"
        html, length = words_html(words, before, self._place.quotes, self._cited)
        if not html:
            return False
        self._rendered_to(whole[: self._as_text_from + length])
        self._held = whole[end:]
        self._change = Grow(html, mark_in_prose(escape(self._outdented(words[length:]), quote=False)))
        return True

    def _part(self, level: int, text: str, visible: str) -> str:
        """Render the open item or row with those after it; return "" if ``text`` is anything else."""
        part = self._parts[level - 1]
        blocks, ends = open_blocks(text, self._cited)
        block = blocks[0]
        if len(blocks) > 1 or kind_of(block) != part.within:
            return ""
        if part.is_loose:
            loosen(block)
        elif block[0].type in LISTS and not is_tight(block):
            return ""
        parts = mark_parts(block, visible[part.start :], of=part, levels=level - 1)
        if not parts:
            return ""
        self._parts[level - 1 :] = parts
        self._note_end(block, visible, quotes=part.frames.count(IN_QUOTE))
        html = with_tail(render_block(block, self._cited), self._tail, ends)
        return inner_html(html, block)

    def _follow_lines(self, text: str) -> bool:
        """Add text to the last line. Return whether it ends a line, or settles what kind of line the last one is."""
        first, *others = text.split("\n")
        self._line.append(first)
        self._line_length += len(first)
        for other in others:
            self._end_line("".join(self._line))
            self._line = [other]
            self._line_length = len(other)
        if not others and self._line_length > LONGEST_HELD + len(text):
            return self._is_row() and "|" in text
        line = "".join(self._line)
        before = "" if others else line[: -len(text)]
        is_row = self._is_row()
        is_told = is_held(before, is_row=is_row) and not is_held(line, is_row=is_row)
        begins_item = is_told and BEGINS_ITEM.match(line) is not None
        self._may_begin_part = self._may_begin_part or begins_item
        return bool(others) or begins_item or (is_told and bool(self._parts or self._is_table))

    def _end_line(self, line: str) -> None:
        if ALWAYS_BEGINS.match(line) or (self._after_empty_line and BEGINS_AFTER_EMPTY_LINE.match(line)):
            self._must_parse = True
        self._may_begin_part = self._may_begin_part or is_delimiter_row(line)
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


def _is_table(block: Sequence[Token]) -> bool:
    last, _ = within_quotes(block)
    return bool(last) and last[0].type == "table_open"


def _render(blocks: Sequence[tuple[int, list[Token]]], cited: Sequence[Cited]) -> str:
    return "".join(render_block(tokens, cited) for _, tokens in blocks)


def _offset_of_line(text: str, line: int) -> int:
    offset = 0
    for _ in range(line):
        offset = text.index("\n", offset) + 1
    return offset
