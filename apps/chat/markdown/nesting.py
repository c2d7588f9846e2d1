"""Limit the nesting of a reply. Deeper text becomes plain paragraphs; the parser alone would drop it."""

from copy import copy
from itertools import pairwise
from typing import cast

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.paragraph import paragraph
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict, OptionsType

BLOCKS = 40  # levels: a quote is one, a list two
BRACKETS = 6  # levels of brackets, as in a link around a picture: each level costs a look at all text that follows


def limit_nesting(markdown: MarkdownIt) -> None:
    """Show text beyond the limit as it is written, and look no deeper for links in links."""
    markdown.options["maxNesting"] = BLOCKS + 2  # is never reached
    within_lines = copy(markdown)
    within_lines.options = OptionsDict(cast("OptionsType", {**markdown.options, "maxNesting": BRACKETS}))

    def parse_lines(state: StateCore) -> None:
        for before, token in pairwise([Token("", "", 0), *state.tokens]):
            if token.type == "inline":
                state.env["in_cell"] = before.tag in {"th", "td"}
                token.children = []
                state.md.inline.parse(token.content, within_lines, state.env, token.children)

    markdown.core.ruler.at("inline", parse_lines)
    markdown.block.ruler.before("table", "too_deep", _too_deep)


def _too_deep(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:  # noqa: FBT001 - as the parser calls it
    return state.level >= BLOCKS and not silent and paragraph(state, start_line, end_line, silent)
