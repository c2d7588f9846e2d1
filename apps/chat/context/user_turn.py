"""What a model is told of a question: its files, as fenced blocks under their names, then its words."""

import re
from collections.abc import Iterable
from functools import lru_cache

from pygments.lexers import find_lexer_class_for_filename

from apps.chat.models import Attachment
from apps.inference.prompts.tags import take_tags_apart

BACKTICKS = re.compile("`+")
SHORTEST_FENCE = 3
# Endings that several languages share, of which Pygments takes the less likely one; and plain text, which is none.
BY_ENDING = {"sql": "sql", "pl": "perl", "txt": "", "text": ""}


def tell(question: str, files: Iterable[Attachment] = ()) -> str:
    """The user's turn. Tags that mark up prompts are taken apart in files: nobody typed them here as a question."""
    return "\n\n".join([*map(tell_file, files), question])


def tell_file(file: Attachment) -> str:
    """What of that is the file."""
    return take_tags_apart(fenced(file))


def fenced(file: Attachment) -> str:
    """A file as Markdown: its name, and its text in a fence longer than any in it."""
    longest = max(map(len, BACKTICKS.findall(file.text)), default=0)
    fence = "`" * max(SHORTEST_FENCE, longest + 1)
    end = "" if file.text.endswith("\n") else "\n"
    return f"`{file.name}`:\n\n{fence}{language_of(file.name)}\n{file.text}{end}{fence}"


@lru_cache(maxsize=256)
def language_of(name: str) -> str:
    """The language that a file's name tells, such as ``python``; empty where it tells none."""
    ending = name.rpartition(".")[2].lower()
    if ending in BY_ENDING:
        return BY_ENDING[ending]
    lexer = find_lexer_class_for_filename(name) or find_lexer_class_for_filename(name.lower())
    return lexer.aliases[0] if lexer and lexer.aliases else ""
