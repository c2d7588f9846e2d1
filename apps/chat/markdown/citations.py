"""Link numbers in brackets, ``[1]`` or ``[1, 3]``, to the passages of the guide that the model was given.

Only numbers of passages that exist become links, to the guide's own addresses. Other numbers stay as written.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

# Not before a parenthesis: there the model has written a link of its own.
MARK = re.compile(r"\[(?P<numbers>\d{1,2}(?: ?, ?\d{1,2})*)\](?!\()")


class Cited(NamedTuple):
    """The passage that a number links to."""

    url: str
    title: str


def cited_in(passages: Iterable[Mapping[str, str]]) -> list[Cited]:
    """Return the link of each passage, in the order of the numbers."""
    return [Cited(passage["url"], passage["title"]) for passage in passages]


def add_citations(markdown: MarkdownIt) -> None:
    """Add the rule for numbers in brackets. Number 1 is the first entry of ``env["cited"]``."""
    markdown.inline.ruler.before("link", "citation", _read)
    markdown.add_render_rule("citation", _render)


def _read(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - markdown-it passes it so
    found = MARK.match(state.src, state.pos)
    cited: Sequence[Cited] = state.env.get("cited", ())
    if not found or state.linkLevel or not any(0 < number <= len(cited) for number in _numbers(found[0])):
        return False
    if not silent:
        state.push("citation", "", 0).content = found[0]
    state.pos = found.end()
    return True


def _render(_renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, env: Any) -> str:
    return "[" + ", ".join(_link(number, env["cited"]) for number in _numbers(tokens[index].content)) + "]"


def _link(number: int, cited: Sequence[Cited]) -> str:
    if not 0 < number <= len(cited):
        return str(number)
    url, title = cited[number - 1]
    return f'<a href="{escape(url)}" title="{escape(title)}">{number}</a>'


def _numbers(mark: str) -> list[int]:
    return [int(number) for number in mark.strip("[]").split(",")]
