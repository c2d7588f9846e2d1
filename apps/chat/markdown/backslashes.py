r"""Backslashes: escapes before text that would be markup, and shown as written everywhere else.

CommonMark drops a backslash before any punctuation, as an escape. Models write paths (``C:\.config``), patterns
(``\d+\.\d+``) and formulas (``\(x\)``) without escapes.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.common.utils import isMdAsciiPunct
from markdown_it.rules_inline import StateInline

from apps.chat.markdown.emphasis import Line

LOOKED_BACK, LOOKED_AHEAD = 100, 300  # characters of a word; a bound, so that one long word stays linear
# Characters that end a path or a pattern, or close emphasis around it.
END = re.compile(
    r"[\s`<>\[\]&，。、；：！？」』】）”]|[*_~]+(?=[.,;:!?)\"']*(?:[\s<，。、；：！？」』】）”]|$))|(?<![\\/])\*\*"
)
START = re.compile(r"[\s`<>&，。、；：！？「『【（“‘]")
AS_WRITTEN = re.compile(
    r"""
      \\[^\W_]                      # before a letter or digit, where it is never an escape
    | (?<!\w)[A-Za-z]:\\(?!\*\w)    # a drive
    | (?:^|[\[("'*_~])\\\\[\w.]                    # a network share
    | (?:^|[\[("'*_~])(?:\.{1,2}|~|%\w+%)\\[\w.-]  # a folder
    | \w\\\.\w                       # a name with a point before it in a folder, or a point in a pattern
    | \w\\__\w                      # a name with underscores in a folder
    """,
    re.VERBOSE,
)
OFTEN_MARKUP = set("*_`~<>#")
# A link, a number or a box in brackets, the end of a link's words, a price, an image, an address, an entity.
MARKUP = re.compile(
    r"\[[^\[\]\n]{0,250}\]\(|\[(?:\d{1,3}|[ xX])\\?\]|\]\(|\$\d|!\\?\[|://|&(?:#\w{1,8}|\w{1,31});|\\(?![^\W_])"
)
LINE_START = re.compile(r"(?:^|\n)[ \t]*$")
LIST_NUMBER = re.compile(r"(?:^|\n)[ \t]*\d{1,9}$")
NUMBER_OR_BOX = re.compile(r"\[(?:\d{1,3}|[ xX])$")
# Each character that is markup only after certain text, with the pattern of that text.
BEFORE = (
    dict.fromkeys("+-=", LINE_START) | dict.fromkeys(".)", LIST_NUMBER) | {"]": NUMBER_OR_BOX, "(": re.compile(r"\]$")}
)


def keep_backslashes(markdown: MarkdownIt) -> None:
    markdown.inline.ruler.at("escape", _backslash)


def _backslash(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - as the parser calls it
    if state.src[state.pos] != "\\":
        return False
    before = state.src[max(0, state.pos - LOOKED_BACK) : state.pos]
    if isinstance(state, Line) and state.pos not in state.word_of_escapes:
        word = _rest_of_word(state.src[state.pos : min(state.posMax, state.pos + LOOKED_AHEAD)])
        if AS_WRITTEN.search(START.split(before)[-1] + word):
            return _push(state, word, word, silent)
        state.word_of_escapes = range(state.pos, state.pos + len(word))
    ahead = state.src[state.pos : min(state.posMax, state.pos + LOOKED_AHEAD)]
    if ahead[1:2] == "\n":
        return _break_line(state, before, silent)
    if not ahead[1:] or not isMdAsciiPunct(ord(ahead[1])):
        return _push(state, "\\", "\\", silent)
    return _push(state, ahead[:2], ahead[1] if _is_escape(before, ahead[1:]) else ahead[:2], silent)


def _rest_of_word(ahead: str) -> str:
    end = END.search(ahead)
    return ahead[: max(end.start(), 1)] if end else ahead


def _is_escape(before: str, after: str) -> bool:
    """Tell whether the next character would be markup here, or is often read as markup."""
    character = after[0]
    if character in OFTEN_MARKUP:
        return True
    if character == "\\" and before[-1:].isalnum():
        return False
    is_markup_after = BEFORE.get(character)
    return bool(MARKUP.match(after) or (is_markup_after and is_markup_after.search(before[-24:])))


def _break_line(state: StateInline, before: str, silent: bool) -> bool:  # noqa: FBT001
    """Add a hard break; a backslash after a space may end a shell's line, so it is shown too."""
    if not silent:
        if before[-1:].isspace():
            state.append_pending("\\")
        state.push("hardbreak", "br", 0)
    state.pos += 2
    while state.pos < state.posMax and state.src[state.pos] in " \t":
        state.pos += 1
    return True


def _push(state: StateInline, written: str, shown: str, silent: bool) -> bool:  # noqa: FBT001
    if not silent:
        token = state.push("text_special", "", 0)
        token.content, token.markup, token.info = shown, written, "escape"
    state.pos += len(written)
    return True
