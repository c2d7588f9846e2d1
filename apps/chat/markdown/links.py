"""Links in replies lead to other sites, by full addresses. The site is named beside words that could mislead.

Pictures become links too, so that nothing is loaded from elsewhere.
"""

import re
from collections.abc import Sequence
from html import escape
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from apps.chat.markdown.unseen import mark_in_prose, without_overrides

# Refuse addresses within this site: the model could lead a reader anywhere on a site that the reader trusts.
ADDRESS = re.compile(r"(?:https?://[^/\\?#]|mailto:[^/\\?#])", re.IGNORECASE)
# A host in the words of a link: after a scheme, or with a common ending. Names in code have points too.
HOST = re.compile(
    r"https?://(?:[^\s/@]*@)?([^\s/:?#@]+)|((?:[\w-]+\.)+(?:com|org|net|edu|gov|mil|int|info|dev|app|ai|io|co|eu|uk|de))\b",
    re.IGNORECASE,
)


def add_links(markdown: MarkdownIt) -> None:
    markdown.validateLink = _is_address  # type: ignore[method-assign]
    markdown.normalizeLinkText = _as_it_is  # type: ignore[method-assign]
    markdown.add_render_rule("image", _image)
    markdown.add_render_rule("link_open", _link_open)
    markdown.add_render_rule("link_close", _link_close)


def _is_address(url: str) -> bool:
    return ADDRESS.match(url) is not None


def _as_it_is(link: str) -> str:
    """Keep the address encoded as it is: decoded letters of other scripts can look like a known site."""
    return link


def _link_open(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any) -> str:
    env["in_link"] = True
    link = tokens[index]
    words = renderer.renderInlineAsText(_within(tokens, index), options, env)
    return _opened(str(link.attrGet("href")), without_overrides(str(link.attrGet("title") or "")), words)


def _link_close(_renderer: RendererHTML, _tokens: Sequence[Token], _index: int, _options: OptionsDict, env: Any) -> str:
    env["in_link"] = False
    return "</a>"


def _image(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any) -> str:
    """Return a link instead of the image. Inside a link, as in badges, return only the image's words."""
    token = tokens[index]
    source = str(token.attrGet("src") or "")
    words = renderer.renderInlineAsText(token.children or [], options, env) or source
    shown = mark_in_prose(escape(words))
    return shown if env.get("in_link") else f"{_opened(source, '', words, is_image=True)}{shown}</a>"


def _within(tokens: Sequence[Token], index: int) -> list[Token]:
    """Return the tokens between a link's beginning and its end; links hold no links."""
    end = next(place for place in range(index, len(tokens)) if tokens[place].type == "link_close")
    return list(tokens[index + 1 : end])


def _opened(url: str, title: str, words: str, *, is_image: bool = False) -> str:
    attributes = {"href": url, "title": title, "data-site": _site_to_name(url, words, is_image=is_image)}
    return f"<a{''.join(f' {name}="{escape(value)}"' for name, value in attributes.items() if value)}>"


def _site_to_name(url: str, words: str, *, is_image: bool) -> str:
    """Return the site of a link, or "". The site must be named if the words name another site or could mislead."""
    try:
        parts = urlsplit(url)
        site = parts.hostname or ""
    except ValueError:
        return ""
    named = {(after_scheme or alone).lower() for after_scheme, alone in HOST.findall(words)}
    is_odd = is_image or "@" in parts.netloc or "xn--" in site
    return site if named - {site} or (is_odd and not named) else ""
