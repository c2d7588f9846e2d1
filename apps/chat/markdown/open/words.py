"""The new words of an open paragraph. They are rendered once, when their markup is complete."""

import re
from collections.abc import Sequence

from markdown_it.token import Token

from apps.chat.markdown.citations import Cited
from apps.chat.markdown.renderer import clean, parser

PARAGRAPH = ["paragraph_open", "inline", "paragraph_close"]
# Words that look different when they are rendered.
HAS_MARKUP = re.compile(r"[*_`~\[<\\&]|://|www\.")
# Markup that may yet be completed.
IS_INCOMPLETE = re.compile(r"[*`\[]|~~|(?<!\w)_|_(?!\w)")
MARKS = re.compile(r"[*`\[_~]+")
# Characters that can stand for the rendered text before the words without changing how the words are parsed.
BEFORE = re.compile(r"[^\W_]|[ .,;:!?()'\"/-]")
QUOTE_MARKS = re.compile(r" {0,3}> ?")


def outdented(line: str, depth: int) -> str:
    """Return the line of a paragraph without the marks of so many quotes around it."""
    start = 0
    for _ in range(depth):
        mark = QUOTE_MARKS.match(line, start)
        if not mark:
            break
        start = mark.end()
    return line[start:]


def words_html(words: str, before: str, depth: int, cited: Sequence[Cited]) -> tuple[str, int]:
    """Render words that continue a paragraph after the character ``before``, within so many quotes.

    Return the HTML, and the number of characters that it shows: those before half-typed markup. Return "" if the
    words begin another block, or look the same without rendering.
    """
    for length in (len(words), _before_last_mark(words)):
        if not has_markup(words[:length], depth):
            break
        tokens = _parsed(words[:length], before, depth, cited)
        if not tokens:
            break
        if is_complete(tokens[0]):
            markdown = parser()
            html = clean(markdown.renderer.render(tokens, markdown.options, {"cited": cited}))
            return html + _end(words[:length]), length
    return "", 0


def has_markup(words: str, depth: int) -> bool:
    """Tell whether the words look different when they are rendered, within so many quotes."""
    return HAS_MARKUP.search(words) is not None or (depth > 0 and "\n" in words)


def _before_last_mark(words: str) -> int:
    marks = [*MARKS.finditer(words)]
    return marks[-1].start() if marks else 0


def _parsed(words: str, before: str, depth: int, cited: Sequence[Cited]) -> list[Token]:
    """Return the inline token of the words; nothing if the words begin another block."""
    lines = words.split("\n")
    from_second = [outdented(line, depth) for line in lines[1:]]
    text = "\n".join([outdented(lines[0], depth) if before == "\n" else lines[0], *from_second])
    start = "x\n" if before == "\n" else f"x{before if BEFORE.fullmatch(before) else 'x'}"
    tokens = parser().parse(start + text, {"cited": cited})
    if [token.type for token in tokens] != PARAGRAPH or not _cut(tokens[1], start):
        return []
    return [tokens[1]]


def is_complete(words: Token) -> bool:
    """Tell whether no markup of the words is half typed."""
    return not any(token.type == "text" and IS_INCOMPLETE.search(token.content) for token in words.children or [])


def _cut(words: Token, start: str) -> bool:
    """Drop the text ``start`` that was put before the words. Return whether it was found."""
    children = words.children or []
    if start == "x\n":
        words.children = children[2:]
        return [token.type for token in children[:2]] == ["text", "softbreak"] and children[0].content == "x"
    if not children or children[0].type != "text" or not children[0].content.startswith(start.rstrip()):
        return False
    children[0].content = children[0].content[len(start) :]
    return True


def _end(text: str) -> str:
    """Return the space at the end, which the parser drops."""
    space = text[len(text.rstrip(" \n")) :]
    return "<br>\n" if space.startswith("  ") and "\n" in space else space
