"""Colour code for the panes, in Pygments' classes. The text stays the same to the character."""

import time
from collections.abc import Iterable, Iterator
from html import escape
from io import StringIO

from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.token import _TokenType

# The languages in which Code Llama was measured, by Pygments' names.
LANGUAGES = [
    ("python", "Python"),
    ("cpp", "C, C++"),
    ("java", "Java"),
    ("php", "PHP"),
    ("typescript", "TypeScript, JavaScript"),
    ("csharp", "C#"),
    ("bash", "Bash"),
    ("text", "No colours"),
]
LONGEST = 20_000  # characters; longer code stays plain, because colouring takes too long
SECONDS = 0.2  # of CPU time; only text made to attack the lexer takes that long
OPTIONS = {"stripnl": False, "ensurenl": False, "startinline": True}

type Token = tuple[_TokenType, str]


class TooSlow(Exception):
    """The lexer took more than ``SECONDS``."""


def coloured(code: str, language: str) -> str:
    """Return ``code`` as HTML, coloured unless colouring would change the text or take too long."""
    lexer = get_lexer_by_name(language, **OPTIONS)
    try:
        tokens = list(_in_time(lexer.get_tokens(code)))
    except TooSlow:
        tokens = []
    if "".join(text for _, text in tokens) != code:
        return escape(code, quote=False)
    html = StringIO()
    HtmlFormatter(nowrap=True).format(iter(tokens), html)
    # The formatter ends each line, the last one too.
    return html.getvalue() if code.endswith("\n") else html.getvalue().removesuffix("\n")


def _in_time(tokens: Iterable[Token]) -> Iterator[Token]:
    started = time.thread_time()
    for token in tokens:
        if time.thread_time() - started > SECONDS:
            raise TooSlow
        yield token
