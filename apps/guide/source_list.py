"""Every source with the pages, facts, scores and terms that cite it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Min, Q
from django.db.models.functions import Coalesce
from django.urls import reverse

from apps.guide.models import Citation, Section, Source
from apps.guide.navigation import all_entries
from apps.guide.prose import find_citations
from apps.guide.selectors import sources

ATTRIBUTE = {"label": "attribute__label", "anchor": "attribute__slug"}


@dataclass(frozen=True, slots=True)
class Use:
    """A page, fact, score or term that cites a source, with its address and its number of citations."""

    label: str
    url: str
    times: int


@dataclass(frozen=True, slots=True)
class ListedSource:
    """A source with its uses: prose first, then facts, scores and the rest."""

    source: Source
    uses: Sequence[Use]


def list_sources() -> Sequence[ListedSource]:
    """Return all sources by number, with their uses; three queries."""
    in_prose, in_rows = _uses_in_prose(), _uses_in_rows()
    return [ListedSource(source, [*in_prose.get(source.key, ()), *in_rows.get(source.key, ())]) for source in sources()]


def _uses_in_prose() -> Mapping[str, Sequence[Use]]:
    pages = {entry.page: entry.url for entry in all_entries() if entry.name != "model"}
    found: dict[str, list[Use]] = {}
    for section in Section.objects.select_related("page").order_by("page__order", "order"):
        times = Counter(key for _, key in find_citations(section.body))
        for key, count in times.items():
            use = Use(f"{section.page.title}: {section.title}", _url_of(section, pages), count)
            found.setdefault(key, []).append(use)
    return found


def _url_of(section: Section, pages: Mapping[str, str]) -> str:
    if section.page.slug == "models":
        return reverse("guide:model", args=[section.slug]) + "#note"
    page = pages.get(section.page.slug)
    return f"{page}#{section.slug}" if page else ""


def _uses_in_rows() -> Mapping[str, Sequence[Use]]:
    """Count the uses in the database: more than a thousand citations fall into few groups."""
    attribute = {name: Coalesce(f"fact__{path}", f"reading__fact__{path}") for name, path in ATTRIBUTE.items()}
    grouped = (
        Citation.objects.order_by()
        .annotate(
            **attribute,
            suite=F("score__benchmark__suite"),
            term_word=F("term__term"),
            term_slug=F("term__slug"),
            in_cell=Q(cell__isnull=False),
            in_rule=Q(rule__isnull=False),
        )
        .values("source__key", "label", "anchor", "suite", "term_word", "term_slug", "in_cell", "in_rule")
        .annotate(times=Count("pk"), model=Min(Coalesce("fact__model__slug", "reading__fact__model__slug")))
        .order_by("label", "suite", "term_word")
    )
    found: dict[str, list[Use]] = {}
    for row in grouped:
        label, url = _place(row)
        found.setdefault(row["source__key"], []).append(Use(label, url, row["times"]))
    return found


def _place(row: Mapping[str, Any]) -> tuple[str, str]:
    if row["label"]:
        return f"Facts: {row['label']}", reverse("guide:model", args=[row["model"]]) + f"#{row['anchor']}"
    if row["suite"]:
        return f"Scores: {row['suite']}", reverse("guide:benchmarks")
    if row["in_cell"]:
        return "Comparison of the variants", reverse("guide:home") + "#compare"
    if row["term_word"]:
        return f"Glossary: {row['term_word']}", reverse("guide:glossary") + f"#{row['term_slug']}"
    return (
        ("Rules of the chooser", reverse("guide:choose")) if row["in_rule"] else ("Hardware", reverse("guide:hardware"))
    )
