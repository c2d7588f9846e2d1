"""Find a passage that answers a question on its own, to quote it without asking a model."""

import re
from collections.abc import Sequence

from django.db import connection

from apps.guide.models import Passage
from apps.guide.search.find import EVERYWHERE
from apps.guide.search.words import read_words

LONGEST = 700  # characters
ASKS_FOR_MEANING = re.compile(r"\s*what(\s+is|\s+are|\s+does|['’]s)\b", re.IGNORECASE)
# Characters that Markdown could take for markup; an underscore within a word is none.
MARKUP = re.compile(r"[`*<>\[\]]|(?<!\w)_|_(?!\w)")


def find_answer(question: str, passages: Sequence[Passage]) -> Passage | None:
    """Return the first passage that answers the question, or ``None``; one query at most.

    A passage answers a question with the same words as its title: a term of the glossary if the question asks for its
    meaning, and a section whose title is a question. Only sentences are quoted, no tables and nothing long.
    """
    titled = [passage for passage in passages if _may_answer(question, passage) and _is_quotable(passage.body)]
    if not titled:
        return None
    asked, *titles = _stems([question, *(passage.title for passage in titled)])
    return next((passage for passage, title in zip(titled, titles, strict=True) if title and title == asked), None)


def as_markdown(passage: Passage) -> str:
    """Return the text of the passage as Markdown that renders to the same text, after the term that it defines."""
    text = _escaped(passage.body).replace("\n", "\n\n")
    return f"**{_escaped(passage.title)}**: {text}" if passage.kind == Passage.Kind.TERM else text


def _escaped(text: str) -> str:
    return MARKUP.sub(r"\\\g<0>", text)


def _may_answer(question: str, passage: Passage) -> bool:
    if passage.kind == Passage.Kind.TERM:
        return ASKS_FOR_MEANING.match(question) is not None
    return passage.title.endswith("?")


def _is_quotable(body: str) -> bool:
    return 0 < len(body) <= LONGEST and all(line.endswith(".") for line in body.splitlines() if line)


def _stems(texts: Sequence[str]) -> list[list[str]]:
    """Return the stems of each text's words, sorted, without stop words and words that are everywhere."""
    words = [
        " ".join(word.phrase for word in read_words(text, longest=2_000, most=200) if word.phrase not in EVERYWHERE)
        for text in texts
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tsvector_to_array(to_tsvector('english', words)) "
            "FROM unnest(%s::text[]) WITH ORDINALITY AS texts (words, number) ORDER BY number",
            [words],
        )
        return [stems for (stems,) in cursor.fetchall()]
