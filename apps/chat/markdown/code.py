"""Code blocks: a header with language and copy button, and highlighted code."""

from functools import lru_cache
from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

LONGEST_HIGHLIGHTED = 200_000  # characters; beyond it colour is not worth the time
_formatter = HtmlFormatter(nowrap=True)


def code_block(code: str, *, language: str) -> str:
    """A finished block."""
    return f"{code_block_start(language)}{highlighted(code, language)}{CODE_BLOCK_END}"


def code_block_start(language: str) -> str:
    """Everything before the code; the same while it is being written, so that nothing moves when it is finished."""
    label = escape(language or "text")
    return (
        '<figure class="code-block"><figcaption class="code-block__header">'
        f'<span class="code-block__language">{label}</span>'
        '<button class="button button--ghost button--small" type="button" data-copy="">Copy</button></figcaption>'
        '<div class="highlight"><pre tabindex="0"><code>'
    )


CODE_BLOCK_END = "</code></pre></div></figure>"


def highlighted(code: str, language: str) -> str:
    lexer = _lexer(language.lower()) if language and len(code) <= LONGEST_HIGHLIGHTED else None
    if lexer is None:
        return escape(code)
    return highlight(code, lexer, _formatter)


@lru_cache(maxsize=128)
def _lexer(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
