"""Bare addresses become links: ``https://…`` and ``www.…``, without the mark that ends a sentence.

linkify-it-py finds where an address ends. A name alone is no address: ``main.py`` and ``README.md`` end like domains.
"""

import re

from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

LONGEST = 2_000  # characters; a longer address stays text
# Not within an address of another scheme.
SCHEME = re.compile(r"(?<![A-Za-z0-9.+-])(?<!blob:|file:)(?<!view-source:)(?<!filesystem:)https?\Z", re.IGNORECASE)
# Letters of an address may be of any script, but these marks end it.
AFTER = re.compile(r"[，。、；：！？「」『』【】（）《》〈〉“”‘’…—]|\*\*|~~|&(?:lt|gt|quot);")
ENDS_A_SENTENCE = "?!.,:*_~"  # never the end of an address, as in GitHub's Markdown
_finder = LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})


def add_addresses(markdown: MarkdownIt) -> None:
    markdown.inline.ruler.after("text", "address", _address)
    # Stop where the parser stops, and at the beginning of "www.", but not at each letter w.
    markdown.inline.terminator_re = re.compile(rf"{markdown.inline.terminator_re.pattern}|(?<![\w./@-])w(?=ww\.\w)")


def _address(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - as the parser calls it
    if silent or state.linkLevel or state.src[state.pos] not in ":w":
        return False
    scheme = _scheme_before(state) if state.src[state.pos] == ":" else ""
    if scheme is None:
        return False
    written = _written(state.src[state.pos - len(scheme) : min(state.posMax, state.pos + LONGEST)], bool(scheme))
    url = state.md.normalizeLink(written if scheme else f"http://{written}")
    if not written or not state.md.validateLink(url):
        return False
    if scheme:
        state.pending = state.pending[: -len(scheme)]
    _push(state, url, written)
    state.pos += len(written) - len(scheme)
    return True


def _scheme_before(state: StateInline) -> str | None:
    if not state.src.startswith("://", state.pos) or state.pos >= state.posMax:
        return None
    found = SCHEME.search(state.pending[-24:])
    return found[0] if found else None


def _written(text: str, has_scheme: bool) -> str:  # noqa: FBT001
    """Return the address at the text's beginning; empty if there is none or it is cut off."""
    if not has_scheme and not text.startswith("www."):
        return ""
    scheme = "" if has_scheme else "http://"
    if after := AFTER.search(text):
        text = text[: after.start()]
    found = _finder.match_at_start(scheme + text)
    if not found or len(found.url) >= LONGEST:
        return ""
    written: str = found.url[len(scheme) :].rstrip(ENDS_A_SENTENCE)
    return written


def _push(state: StateInline, url: str, written: str) -> None:
    state.push("link_open", "a", 1).attrs = {"href": url}
    state.push("text", "", 0).content = written
    state.push("link_close", "a", -1)
