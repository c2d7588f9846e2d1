"""Task lists: ``- [ ]`` and ``- [x]`` begin an item with a checkbox, as GitHub's Markdown has it.

The boxes show what was written and cannot be ticked: a reply is not a form.
"""

import re
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

BOX = re.compile(r"\[(?P<tick>[ xX])\](?:[ \t]+(?=\S)|(?=\n))")


def add_tasks(markdown: MarkdownIt) -> None:
    """Add the rule that finds the boxes. It runs after the rule that parses the lines of items."""
    markdown.core.ruler.after("inline", "tasks", _find_boxes)
    markdown.add_render_rule("checkbox", _box)


def _find_boxes(state: StateCore) -> None:
    """Look at each first paragraph of an item once."""
    for (item, paragraph), words in zip(pairwise(state.tokens), state.tokens[2:], strict=False):
        if item.type == "list_item_open" and paragraph.type == "paragraph_open":
            _take_box(words)


def _take_box(words: Token) -> None:
    box = BOX.match(words.content)
    first = words.children[0] if words.children else None
    if not box or not first or first.type != "text" or not first.content.startswith(box[0]):
        return
    first.content = first.content[box.end() :]
    checkbox = Token("checkbox", "input", 0, info=box["tick"].strip().lower())
    words.children = [checkbox, *(words.children or [])]


def _box(_renderer: RendererHTML, tokens: list[Token], index: int, *_options: Any) -> str:
    """Return the checkbox with its name for screen readers, which read the words of the item after it."""
    state = 'checked aria-label="Done"' if tokens[index].info == "x" else 'aria-label="To do"'
    return f'<input type="checkbox" disabled {state}> '
