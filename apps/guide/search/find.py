"""Finds passages: those with all words of the question, best first, or else those with any of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add, and_, or_
from typing import Any

from django.contrib.postgres.search import CombinedSearchQuery, SearchHeadline, SearchQuery, SearchRank
from django.db import connection
from django.db.models import Case, Count, F, Func, QuerySet, TextField, Value, When, Window
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from apps.guide.models import Passage
from apps.guide.search.spelling import suggest
from apps.guide.search.words import in_thousands, read_words

MOST = 20
SHORTEST_BEGINNING = 3
# Words that tell passages of this guide from no other.
EVERYWHERE = {"code", "llama", "codellama", "model", "models", "use", "guide"}
# Characters of a snippet that show whether its text begins or ends there.
LOOK = 15

# Control characters, which no passage has and no word can hold, stand where a word was found until all is escaped.
FOUND, END = "\x04", "\x05"
# PostgreSQL leaves out of its snippets what it takes for tags, such as <FILL_ME>: angles are hidden from it.
ANGLES = "<>"
HIDDEN = "\x02\x03"
SHOWN = str.maketrans(HIDDEN, ANGLES)
MOST_TELLING = 20

type Query = SearchQuery | CombinedSearchQuery


@dataclass(frozen=True, slots=True)
class Result:
    """A passage with the words that were found marked in its title and in pieces of its text."""

    kind: str
    title: SafeString
    snippet: SafeString
    within: str
    url: str


@dataclass(frozen=True, slots=True)
class Results:
    """What was found. ``instead`` is a corrected question; where ``is_instead``, the results are those for it.

    ``has_all`` says whether they have all words of it, ``total`` how many there are beyond those that are shown.
    """

    results: Sequence[Result] = ()
    total: int = 0
    has_all: bool = True
    instead: str = ""
    is_instead: bool = False


def search(text: str) -> Results:
    """Return what the guide says about ``text``, which may be anything; three queries at most."""
    words = read_words(text)
    if not words:
        return Results()
    results, total = _find(words, and_)
    if results:
        return Results(results, total)
    if instead := suggest(words):
        results, total = _find(read_words(instead), and_)
        if results:
            return Results(results, total, instead=instead, is_instead=True)
    results, total = _find(words, or_) if len(words) > 1 else ([], 0)
    return Results(results, total, has_all=False, instead=instead)


def best_passages(text: str, *, most: int) -> list[Passage]:
    """Return the passages that have most to say on a question, best first, none where chance alone would find some.

    A question of several words must share two with a passage; words that are everywhere do not count. Two queries.
    """
    words = telling_words(text)
    if not words:
        return []
    queries = [SearchQuery(word, config="english") for word in words]
    hits = reduce(add, [Case(When(vector=query, then=1), default=0) for query in queries])
    found = _ranked(reduce(or_, queries)).annotate(hits=hits).filter(hits__gte=min(2, len(words)))
    return list(found.order_by("-hits", *found.query.order_by)[:most])


def telling_words(text: str) -> list[str]:
    """Return the words that tell what a question is about: no stop words, and none that is everywhere; one query."""
    words = [word for word in read_words(text, longest=2_000, most=200) if word not in EVERYWHERE]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word FROM unnest(%s::text[]) word WHERE numnode(plainto_tsquery('english', word)) > 0", [words]
        )
        return [word for (word,) in cursor.fetchall()][:MOST_TELLING]


def _query(words: Sequence[str], combine: Any) -> Query:
    """Ask for all words or any; the last may be the beginning of one."""
    asked: list[Query] = [_word_query(word) for word in words]
    # The word is letters, digits and points only: nothing in it can be taken for an operator.
    beginning = f"'{words[-1]}'" + (":*" if len(words[-1]) >= SHORTEST_BEGINNING else "")
    asked[-1] = asked[-1] | SearchQuery(beginning, config="simple", search_type="raw")
    return reduce(combine, asked)


def _word_query(word: str) -> Query:
    whole = SearchQuery(word, config="english")
    divided = in_thousands(word)
    return whole | SearchQuery(divided, config="english", search_type="phrase") if divided else whole


def _ranked(query: Query) -> QuerySet[Passage]:
    # 1: a long passage is not better for having room for more words.
    rank = SearchRank(F("vector"), query, normalization=Value(1))
    return Passage.objects.filter(vector=query).order_by(rank.desc(), "order")


def _find(words: Sequence[str], combine: Any) -> tuple[list[Result], int]:
    # Whatever of the words is in a snippet is marked; one that must have them all may not exist.
    any_word = _query(words, or_)
    found = _ranked(_query(words, combine)).annotate(
        total=Window(Count("pk")),
        marked_title=_Headline(_without_angles("title"), any_word, highlight_all=True),
        marked_body=_Headline(
            _without_angles("body"), any_word, max_fragments=2, max_words=28, min_words=10, fragment_delimiter=" … "
        ),
    )
    rows = list(found.values("kind", "body", "marked_title", "marked_body", "within", "url", "total")[:MOST])
    results = [
        Result(
            kind=str(Passage.Kind(row["kind"]).label),
            title=_marked(row["marked_title"]),
            snippet=_marked(_with_ellipses(row["marked_body"], row["body"])),
            within=row["within"] if row["within"] != Passage.Kind(row["kind"]).label else "",
            url=row["url"],
        )
        for row in rows
    ]
    return results, rows[0]["total"] if rows else 0


class _Headline(SearchHeadline):
    """A text with the words of a query marked."""

    def __init__(self, text: Func, query: Query, **options: Any) -> None:
        super().__init__(text, query, config="english", start_sel=FOUND, stop_sel=END, **options)


def _without_angles(column: str) -> Func:
    return Func(F(column), Value(ANGLES), Value(HIDDEN), function="translate", output_field=TextField())


def _with_ellipses(snippet: str, body: str) -> str:
    """Say where the text goes on before and after the snippet."""
    text = snippet.translate(SHOWN).replace(FOUND, "").replace(END, "").strip()
    before = "" if body.startswith(text[:LOOK]) else "… "
    after = "" if body.endswith(text[-LOOK:]) else " …"
    return f"{before}{snippet.strip()}{after}"


def _marked(text: str) -> SafeString:
    html = escape(text.translate(SHOWN)).replace(FOUND, "<mark>").replace(END, "</mark>")
    # Escaped as a whole: the marks are the only markup in it.
    return mark_safe(html)  # noqa: S308
