"""The user turn: a question's files, as fenced blocks under their names, then its words."""

import re
from collections.abc import Iterable
from functools import lru_cache

from pygments.lexers import find_lexer_class_for_filename

from apps.chat.models import Attachment

BACKTICKS = re.compile("`+")
SHORTEST_FENCE = 3
# Several languages share these endings, and Pygments picks the less likely one. Plain text has no language.
BY_ENDING = {"sql": "sql", "pl": "perl", "txt": "", "text": ""}


def user_turn(question: str, files: Iterable[Attachment] = ()) -> str:
    """Return the text that the model reads for a question: its files, then its words."""
    return "\n\n".join([*map(fenced, files), question])


def fenced(file: Attachment) -> str:
    """Return a file as Markdown: its name, and its text in a fence longer than any fence in the text."""
    longest = max(map(len, BACKTICKS.findall(file.text)), default=0)
    fence = "`" * max(SHORTEST_FENCE, longest + 1)
    end = "" if file.text.endswith("\n") else "\n"
    return f"`{file.name}`:\n\n{fence}{language_of(file.name)}\n{file.text}{end}{fence}"


@lru_cache(maxsize=256)
def language_of(name: str) -> str:
    """Return the language of a file name, such as ``python``, or an empty string."""
    ending = name.rpartition(".")[2].lower()
    if ending in BY_ENDING:
        return BY_ENDING[ending]
    lexer = find_lexer_class_for_filename(name) or find_lexer_class_for_filename(name.lower())
    return lexer.aliases[0] if lexer and lexer.aliases else ""
