"""Every source with what rests on it: which pages, facts, scores and terms cite it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse

from apps.guide.models import Cell, Citation, Fact, Reading, Score, Section, Source, Term
from apps.guide.navigation import all_entries
from apps.guide.prose import find_citations
from apps.guide.selectors import citations_by_source, sources


@dataclass(frozen=True, slots=True)
class Use:
    """Something that cites a source, where it is found, and how often it cites it."""

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
    cited = citations_by_source()
    in_prose = _uses_in_prose()
    return [
        ListedSource(source, [*in_prose.get(source.key, ()), *_uses(cited.get(source.key, ()))]) for source in sources()
    ]


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


def _uses(citations: Iterable[Citation]) -> Iterator[Use]:
    """Name what many rows have in common once, with the address of the first."""
    found: dict[str, list[str]] = {}
    for citation in citations:
        label, url = _place(citation)
        found.setdefault(label, []).append(url)
    for label, urls in found.items():
        yield Use(label, urls[0], len(urls))


def _place(citation: Citation) -> tuple[str, str]:
    owner = citation.owner
    if isinstance(owner, Reading):
        owner = owner.fact
    if isinstance(owner, Fact):
        return f"Facts: {owner.attribute.label}", reverse(
            "guide:model", args=[owner.model.slug]
        ) + f"#{owner.attribute.slug}"
    if isinstance(owner, Score):
        return f"Scores: {owner.benchmark.suite}", reverse("guide:benchmarks")
    if isinstance(owner, Cell):
        return "Comparison of the variants", reverse("guide:home") + "#compare"
    if isinstance(owner, Term):
        return f"Glossary: {owner.term}", reverse("guide:glossary") + f"#{owner.slug}"
    return (
        ("Rules of the chooser", reverse("guide:choose"))
        if citation.rule_id
        else ("Hardware", reverse("guide:hardware"))
    )
