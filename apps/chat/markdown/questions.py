"""Show a question as its author typed it. Code between fences is shown as code, and folded if it is long."""

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from apps.chat.markdown.code import code_block
from apps.chat.markdown.renderer import clean
from apps.chat.markdown.unseen import mark_in_prose

FOLDED_FROM = 15  # lines; the style shows twelve lines of folded code
# A fence alone in its line, or at the end of words: people write "Mend this: ```python".
OPENING = re.compile(r"(?P<words>|.*[^`~]|[ ]{0,3})(?P<marks>`{3,}|~{3,})[ \t]*(?P<language>[\w+#.-]{0,40})[ \t]*")
CLOSING = re.compile(r"(?P<code>|.*[^`~])(?P<marks>`{3,}|~{3,})[ \t]*")
LINE = re.compile(r"[^\n]*\n|[^\n]+")


class _Part(NamedTuple):
    text: str
    language: str | None = None  # of code


def render_question(text: str) -> str:
    """Return clean HTML that keeps the text and its line ends as they were typed."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(_html(part) for part in _parts(LINE.findall(plain)))


def _html(part: _Part) -> str:
    if part.language is None:
        return mark_in_prose(escape(part.text))
    block = clean(code_block(part.text, language=part.language))
    lines = part.text.count("\n")
    return block.removesuffix(FIGURE_END) + _fold(lines) + FIGURE_END if lines >= FOLDED_FROM else block


FIGURE_END = "</figure>"


def _fold(lines: int) -> str:
    """Return a style switch without content: the code stays whole for copying and searching."""
    return (
        '<details class="code-block__fold"><summary>'
        f'<span class="code-block__show-all">Show all {lines} lines</span>'
        '<span class="code-block__show-less">Show fewer lines</span></summary></details>'
    )


def _parts(lines: Sequence[str]) -> Iterator[_Part]:
    """Split a question into typed text and code, in turn. Line ends around code belong to the block."""
    last_closing = _last_closing(lines)
    typed: list[str] = []
    number = 0
    while number < len(lines):
        opening = OPENING.fullmatch(lines[number].removesuffix("\n"))
        if opening is None or not _opens(opening, number, last_closing):
            typed.append(lines[number])
            number += 1
            continue
        code, number = _code(lines, number + 1, opening["marks"])
        before = "".join([*typed, opening["words"].rstrip()]).removesuffix("\n")
        yield from [_Part(before)] if before.strip() else []
        yield _Part(code, opening["language"])
        typed = []
    yield from [_Part("".join(typed))] if "".join(typed).strip() else []


def _last_closing(lines: Sequence[str]) -> dict[str, int]:
    """Return the number of the last line that may close a block, by the kind of its marks."""
    found = ((number, CLOSING.fullmatch(line.removesuffix("\n"))) for number, line in enumerate(lines))
    return {closing["marks"][0]: number for number, closing in found if closing}


def _opens(opening: re.Match[str], number: int, last_closing: dict[str, int]) -> bool:
    """Return whether a fence opens code: always if alone in its line, after words only if it is closed later."""
    return not opening["words"].strip() or last_closing.get(opening["marks"][0], -1) > number


def _code(lines: Sequence[str], start: int, marks: str) -> tuple[str, int]:
    """Return the code from a line on, and the number of the line after it."""
    code: list[str] = []
    for number in range(start, len(lines)):
        closing = CLOSING.fullmatch(lines[number].removesuffix("\n"))
        if closing and closing["marks"][0] == marks[0] and len(closing["marks"]) >= len(marks):
            last = closing["code"]
            return "".join(code) + (f"{last}\n" if last.strip() else ""), number + 1
        code.append(lines[number])
    return "".join(code), len(lines)
