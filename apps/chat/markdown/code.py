"""Code blocks: a header with the language and what can be done with the code, and highlighted code."""

import re
import time
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html import escape
from io import StringIO

from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import _TokenType
from pygments.util import ClassNotFound

from apps.chat.markdown.unseen import mark_in_code

LONGEST_HIGHLIGHTED = 200_000  # characters; beyond it colour is not worth the time
ALWAYS_COLOURED = 500  # characters
LINES_A_PART = 100  # 5,000 lines in one part take a browser eight seconds to load; in parts of this size, one second
GRACE = 0.1  # seconds of the processor
PATIENCE = 50e-6  # seconds per character; 3e-6 is usual, and only hostile texts or endless repetition take more
type LexedToken = tuple[_TokenType, str]
PLAIN = "txt"
FILENAME = re.compile(r"\*\.([A-Za-z0-9]+)")
# Languages that Pygments does not know, or for which it lists another extension first.
EXTENSIONS = {"jsx": "jsx", "r": "r", "make": "mk", "makefile": "mk"}
formatter = HtmlFormatter(nowrap=True)


def code_block(code: str, *, language: str) -> str:
    """Render a finished block."""
    return f"{code_block_start(language)}{highlighted(code, language)}{CODE_BLOCK_END}"


def code_block_start(language: str) -> str:
    """Return the HTML before the code. It is the same while the code is being written, so nothing moves at its end."""
    label = mark_in_code(escape(language or "text"))
    return (
        '<figure class="code-block"><figcaption class="code-block__header">'
        f'<span class="code-block__language">{label}</span><span class="code-block__tools">'
        f"{_tool('copy', '', 'Copy')}{_tool('wrap', '', WRAP)}{_tool('download', extension_of(language), 'Download')}"
        f"{_tool('playground', '', OPEN)}"
        '</span></figcaption><div class="highlight"><pre tabindex="0"><code>'
    )


def _tool(name: str, value: str, words: str) -> str:
    return f'<button class="button button--ghost button--small" type="button" data-{name}="{value}">{words}</button>'


# The page's style shows one of the two: a block does not know whether its lines are wrapped.
WRAP = '<span class="code-block__wrap">Wrap</span><span class="code-block__unwrap">Unwrap</span>'
# Narrow pages show the second word alone.
OPEN = '<span class="code-block__open">Open in </span><span class="code-block__playground">playground</span>'
CODE_BLOCK_END = "</code></pre></div></figure>"


def highlighted(code: str, language: str) -> str:
    lexer = lexer_of(language.lower()) if language and len(code) <= LONGEST_HIGHLIGHTED else None
    return _in_parts(mark_in_code((lexer and _coloured(code, lexer)) or escape(code)))


def _in_parts(html: str) -> str:
    """Split long code into blocks of lines, which no tag crosses. A browser lays each block out by itself, and once."""
    lines = re.findall(r"[^\n]*\n|[^\n]+", html) if html.count("\n") > LINES_A_PART else []
    if not lines:
        return html
    parts = ("".join(lines[start : start + LINES_A_PART]) for start in range(0, len(lines), LINES_A_PART))
    return "".join(f'<span class="code-block__part">{part}</span>' for part in parts)


def _coloured(code: str, lexer: Lexer) -> str:
    """Return the code with its colours; empty if the lexer would take too long."""
    coloured = StringIO()
    try:
        formatter.format(_patiently(lexer.get_tokens(code), len(code)), coloured)
    except _TooSlow:
        return ""
    return coloured.getvalue()


def _patiently(tokens: Iterable[LexedToken], length: int) -> Iterator[LexedToken]:
    """Yield the tokens while the lexer is fast enough for their length. Short code has unlimited time."""
    started = time.thread_time()
    covered = 0
    for kind, text in tokens:
        covered += len(text)
        if length > ALWAYS_COLOURED and time.thread_time() - started > GRACE + covered * PATIENCE:
            raise _TooSlow
        yield kind, text


class _TooSlow(Exception):
    """The lexer takes too long. In some texts most lexers look far ahead: twice the text takes four times as long."""


@lru_cache(maxsize=128)
def extension_of(language: str) -> str:
    """Return the file extension of the language, from our own list: a model's text never names a file."""
    name = language.lower()
    lexer = lexer_of(name) if name else None
    found = (FILENAME.fullmatch(pattern) for pattern in (lexer.filenames if lexer else ()))
    return EXTENSIONS.get(name) or next((match[1].lower() for match in found if match), PLAIN)


@lru_cache(maxsize=128)
def lexer_of(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
