"""The fenced code block that is being written. Complete lines are coloured; the last line waits for its end."""

import re
from html import escape

from apps.chat.markdown.changes import Append, Change, Grow
from apps.chat.markdown.code import CODE_BLOCK_END, code_block_start
from apps.chat.markdown.open.colouring import Colouring
from apps.chat.markdown.open.half_typed import LONGEST_HELD
from apps.chat.markdown.renderer import language_of, render_markdown
from apps.chat.markdown.unseen import mark_in_code


class OpenFence:
    """Each line is coloured once. The finished block replaces all lines, as a rule with the same colours."""

    def __init__(self, tail: str, opening: re.Match[str]) -> None:
        self._tail = tail
        self._language = language_of(opening["info"])
        self._colouring = Colouring(self._language)
        marks = opening["marks"]
        self._half_closing = re.compile(rf" {{0,3}}{re.escape(marks[0])}+[ \t]*")
        self._closing = re.compile(rf" {{0,3}}{re.escape(marks[0])}{{{len(marks)},}}[ \t]*")
        self._opening = opening[0]
        self._indent = " " * (len(self._opening) - len(self._opening.lstrip(" ")))
        self._code: list[str] = []
        self.length = 0
        self._line: list[str] = []
        self._line_length = 0
        self._held = ""
        self._fresh: list[str] = []  # complete lines that have not been shown

    def feed(self, text: str) -> tuple[str, str] | None:
        """Take text. If it closed the fence, return the finished block and the text after it."""
        self.length += len(text)
        start = 0
        while (end := text.find("\n", start)) >= 0:
            self._line.append(text[start:end])
            line = "".join(self._line)
            self._line.clear()
            self._line_length = 0
            start = end + 1
            if self._closing.fullmatch(line):
                self._code.append(text[:start])
                return self.finish(), text[start:]
            self._fresh.append(f"{self._outdented(line)}\n")
        self._line.append(text[start:])
        self._line_length += len(text) - start
        self._code.append(text)
        return None

    def only_appends(self, text: str) -> bool:
        """Return whether feeding ``text`` ends no line, which would be coloured or close the block."""
        return "\n" not in text

    def change(self, text: str) -> Change | None:
        """Return the change that the latest ``text`` makes, if it did not close the block."""
        if self._fresh:
            return Grow(self._coloured(), self._shown(self._whole_line()))
        shown = self._shown(self._held + text)
        return Append(shown) if shown else None

    def html(self) -> str:
        tail = self._tail.removesuffix("</span>") + self._shown(self._whole_line()) + "</span>"
        return f"{code_block_start(self._language)}{self._coloured()}{tail}{CODE_BLOCK_END}"

    def finish(self) -> str:
        return render_markdown(self._opening + "".join(self._code))

    def _coloured(self) -> str:
        lines = "".join(self._fresh)
        self._fresh.clear()
        return self._colouring.lines(lines) if lines else ""

    def _whole_line(self) -> str:
        line = "".join(self._line)
        self._line = [line]
        return line

    def _shown(self, text: str) -> str:
        """Return the last line's code, without a possible end of the fence and without the fence's indentation."""
        is_held = self._line_length <= LONGEST_HELD and (
            self._half_closing.fullmatch(self._whole_line()) or self._indent.startswith(self._whole_line())
        )
        self._held = text if is_held else ""
        code = self._outdented(text) if self._line_length == len(text) else text
        return "" if is_held else mark_in_code(escape(code, quote=False))

    def _outdented(self, line: str) -> str:
        """Return the line without the indentation of the fence."""
        return line[: len(self._indent)].lstrip(" ") + line[len(self._indent) :]
