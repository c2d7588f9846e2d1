"""Find passages with all words of the question, best first; if there are none, with any of its words."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add, and_, or_
from typing import Any

from django.contrib.postgres.search import CombinedSearchQuery, SearchHeadline, SearchQuery, SearchRank
from django.db import connection
from django.db.models import Case, Count, F, QuerySet, Value, When, Window
from django.utils.safestring import SafeString

from apps.guide.models import Passage
from apps.guide.search.snippets import END, FOUND, cut, mark
from apps.guide.search.spelling import suggest
from apps.guide.search.words import AskedWord, read_words

MOST = 20
SHORTEST_BEGINNING = 3
# Words that nearly every passage of the guide has.
EVERYWHERE = {"code", "llama", "codellama", "model", "models", "use", "guide"}
MOST_TELLING = 20

type Query = SearchQuery | CombinedSearchQuery


@dataclass(frozen=True, slots=True)
class Result:
    """A passage with the found words marked, in its title and in excerpts of its text."""

    kind: str
    title: SafeString
    snippet: SafeString
    within: str
    url: str


@dataclass(frozen=True, slots=True)
class Results:
    """The found passages. ``instead`` is a corrected question; with ``is_instead``, the results answer it.

    ``has_all`` tells whether they have all its words; ``total`` counts further passages too.
    """

    results: Sequence[Result] = ()
    total: int = 0
    has_all: bool = True
    instead: str = ""
    is_instead: bool = False


def search(text: str) -> Results:
    """Return the passages about ``text``; any text is allowed. Three queries at most."""
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
    """Return the most relevant passages, best first; none if they match only by chance.

    A question of several words must share two with a passage; words that are everywhere do not count. Two queries.
    """
    words = significant_words(text)
    if not words:
        return []
    queries = [_whole(word) for word in words]
    hits = reduce(add, [Case(When(vector=query, then=1), default=0) for query in queries])
    found = _ranked(reduce(or_, queries)).annotate(hits=hits).filter(hits__gte=min(2, len(words)))
    return list(found.order_by("-hits", *found.query.order_by)[:most])


def significant_words(text: str) -> list[AskedWord]:
    """Return the distinctive words of a question: no stop words, no words of ``EVERYWHERE``; one query."""
    words = [word for word in read_words(text, longest=2_000, most=200) if word.phrase not in EVERYWHERE]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT phrase FROM unnest(%s::text[]) phrase WHERE numnode(plainto_tsquery('english', phrase)) > 0",
            [[word.phrase for word in words]],
        )
        telling = {phrase for (phrase,) in cursor.fetchall()}
    return [word for word in words if word.phrase in telling][:MOST_TELLING]


def _query(words: Sequence[AskedWord], combine: Any) -> Query:
    """Return a query for all words or any word; the last may be the beginning of a word."""
    asked: list[Query] = [_whole(word) for word in words]
    # A phrase is letters, digits and spaces only: nothing in it can be taken for an operator.
    *before, last = words[-1].phrase.split(" ")
    beginning = " <-> ".join([*before, last + (":*" if len(last) >= SHORTEST_BEGINNING else "")])
    asked[-1] = asked[-1] | SearchQuery(beginning, config="simple", search_type="raw")
    return reduce(combine, asked)


def _whole(word: AskedWord) -> SearchQuery:
    return SearchQuery(word.phrase, config="english", search_type="phrase" if " " in word.phrase else "plain")


def _ranked(query: Query) -> QuerySet[Passage]:
    # 1: divide by 1 + log(length), or long passages would win for their length alone.
    rank = SearchRank(F("vector"), query, normalization=Value(1))
    # The guide's statements come before their sources.
    is_source = Case(When(kind=Passage.Kind.SOURCE, then=1), default=0)
    return Passage.objects.filter(vector=query).order_by(is_source, rank.desc(), "order")


def _find(words: Sequence[AskedWord], combine: Any) -> tuple[list[Result], int]:
    # Mark any of the words: a snippet with all of them may not exist.
    any_word = _query(words, or_)
    found = _ranked(_query(words, combine)).annotate(
        total=Window(Count("pk")),
        marked_title=_Headline("title_words", any_word),
        marked_body=_Headline("body_words", any_word),
    )
    columns = ("kind", "title", "body", "marked_title", "marked_body", "within", "url", "total")
    rows = list(found.values(*columns)[:MOST])
    results = [
        Result(
            kind=str(Passage.Kind(row["kind"]).label),
            title=mark(row["title"], row["marked_title"]),
            snippet=cut(row["body"], row["marked_body"]),
            within=row["within"] if row["within"] != Passage.Kind(row["kind"]).label else "",
            url=row["url"],
        )
        for row in rows
    ]
    return results, rows[0]["total"] if rows else 0


class _Headline(SearchHeadline):
    """All words of a column, with the query's words marked."""

    def __init__(self, words: str, query: Query) -> None:
        super().__init__(F(words), query, config="english", start_sel=FOUND, stop_sel=END, highlight_all=True)
