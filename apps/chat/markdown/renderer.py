"""Markdown to safe HTML, one top-level block at a time.

The reply's text comes from a model and is hostile: raw HTML is shown as text, images become links (nothing is loaded
from elsewhere), invisible characters are marked, and the HTML is cleaned against a list of allowed tags. Reference
definitions are off, so that no later line can change an earlier block: a finished block stays as it is.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from html import escape
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from apps.chat.markdown.addresses import add_addresses
from apps.chat.markdown.backslashes import keep_backslashes
from apps.chat.markdown.citations import Cited, add_citations
from apps.chat.markdown.code import code_block
from apps.chat.markdown.emphasis import find_more_emphasis
from apps.chat.markdown.links import add_links
from apps.chat.markdown.nesting import limit_nesting
from apps.chat.markdown.tables import mend_tables
from apps.chat.markdown.tasks import add_tasks
from apps.chat.markdown.unseen import mark_in_code, mark_in_prose

LEVELS_ABOVE = 2  # the page's heading, and the turn's
URL_SCHEMES = {"http", "https", "mailto"}
TAGS = {
    *("p", "br", "hr", "blockquote", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("strong", "em", "s", "code", "a", "table", "thead", "tbody", "tr", "th", "td"),
    *("figure", "figcaption", "div", "pre", "span", "button", "input"),
}
ATTRIBUTES = {
    "a": {"href", "title", "data-site"},
    "ol": {"start"},
    "input": {"type", "disabled", "checked", "aria-label"},  # the boxes of task lists
    "li": {"data-part"},  # of open items
    "tr": {"data-part"},
    "th": {"class"},
    "td": {"class"},
    "figure": {"class"},
    "figcaption": {"class"},
    "div": {"class", "tabindex"},
    "pre": {"tabindex"},
    "code": {"class"},
    "span": {"class", "data-character"},
    "button": {"class", "type", "data-copy", "data-wrap", "data-download", "data-playground"},
}

# Made once: making these sets and maps costs more than cleaning a paragraph.
CLEANER = nh3.Cleaner(
    tags=TAGS,
    attributes=ATTRIBUTES,
    set_tag_attribute_values={"input": {"type": "checkbox", "disabled": ""}},
    url_schemes=URL_SCHEMES,
    link_rel="noopener noreferrer nofollow",
)


@cache
def parser() -> MarkdownIt:
    """Return a parser for CommonMark with tables, strikethrough and task lists, without references and raw HTML."""
    markdown = MarkdownIt("commonmark", {"html": False})
    find_more_emphasis(markdown)
    markdown.enable(["table", "strikethrough"]).disable(["reference", "html_inline", "html_block"])
    keep_backslashes(markdown)
    add_addresses(markdown)
    mend_tables(markdown)
    add_citations(markdown)
    add_links(markdown)
    limit_nesting(markdown)
    add_tasks(markdown)
    markdown.add_render_rule("fence", _fence)
    markdown.add_render_rule("code_block", _fence)
    markdown.add_render_rule("heading_open", _heading)
    markdown.add_render_rule("heading_close", _heading)
    markdown.add_render_rule("text", _text)
    markdown.add_render_rule("code_inline", _code)
    markdown.add_render_rule("table_open", _table_open)
    markdown.add_render_rule("table_close", _table_close)
    markdown.add_render_rule("th_open", _cell_open)
    markdown.add_render_rule("td_open", _cell_open)
    return markdown


def render_markdown(text: str, cited: Sequence[Cited] = ()) -> str:
    """Render the whole text to the same bytes as streaming it; ``cited`` holds the targets of numbers."""
    return "".join(render_block(block, cited) for _, block in top_level_blocks(text, cited))


def top_level_blocks(text: str, cited: Sequence[Cited] = ()) -> Iterator[tuple[int, list[Token]]]:
    """Yield each top-level block with the number of its first line."""
    block: list[Token] = []
    for token in parser().parse(text, {"cited": cited}):
        block.append(token)
        if token.level == 0 and token.nesting <= 0:
            yield (block[0].map or [0])[0], block
            block = []


def render_block(tokens: Sequence[Token], cited: Sequence[Cited] = ()) -> str:
    """Render one block as clean HTML."""
    markdown = parser()
    return clean(markdown.renderer.render(tokens, markdown.options, {"cited": cited}))


def clean(html: str) -> str:
    return CLEANER.clean(html)


def _fence(_renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: Any) -> str:
    token = tokens[index]
    return code_block(token.content, language=language_of(token.info))


def language_of(info: str) -> str:
    """Return the language named after a fence: its first word."""
    return next(iter(info.split()), "")


def _heading(_renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: Any) -> str:
    """Put headings below the heading of their turn, so that a screen reader can go from turn to turn."""
    token = tokens[index]
    level = min(int(token.tag[1:]) + LEVELS_ABOVE, 6)
    return f"<h{level}>" if token.nesting > 0 else f"</h{level}>\n"


def _text(_renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: Any) -> str:
    return mark_in_prose(escape(tokens[index].content))


def _code(_renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: Any) -> str:
    return f"<code>{mark_in_code(escape(tokens[index].content))}</code>"


def _table_open(*_arguments: Any) -> str:
    return '<div class="reply-table" tabindex="0"><table>'


def _table_close(*_arguments: Any) -> str:
    return "</table></div>"


def _cell_open(_renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: Any) -> str:
    token = tokens[index]
    style = str(token.attrGet("style") or "")  # an inline style, which the CSP forbids
    alignment = style.removeprefix("text-align:")
    return f'<{token.tag} class="align-{alignment}">' if alignment else f"<{token.tag}>"
