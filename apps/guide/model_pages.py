"""What the page of a model shows: its facts by group, its scores by suite, and the sources of both."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.safestring import SafeString

from apps.guide.models import Attribute, Citation, CodeModel, Fact, Score, Section, Source
from apps.guide.prose import find_citations, render_prose
from apps.guide.selectors import RenderedSection, cited, facts

# The facts and the benchmark that the list of models shows.
LISTED_FACTS = ("infilling", "planned-context", "weights-16-bit")
LISTED_BENCHMARK = "humaneval-pass-1"


@dataclass(frozen=True, slots=True)
class FactGroup:
    """Facts under one heading."""

    slug: str
    label: str
    facts: Sequence[Fact]


@dataclass(frozen=True, slots=True)
class Suite:
    """The scores in one suite of benchmarks."""

    name: str
    scores: Sequence[Score]


@dataclass(frozen=True, slots=True)
class Heading:
    """What other pages keep in a row of their own."""

    title: str
    summary: str
    reviewed_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPage:
    """All about one model. It has what ``guide/base.html`` reads: page, sections and sources."""

    page: Heading
    model: CodeModel
    note: SafeString
    groups: Sequence[FactGroup]
    suites: Sequence[Suite]
    sources: Sequence[Source]
    sections: Sequence[RenderedSection] = ()

    @property
    def has_conflicts(self) -> bool:
        return any(fact.readings.all() for group in self.groups for fact in group.facts)


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model in the list of the twelve; facts in the order of ``LISTED_FACTS``."""

    model: CodeModel
    facts: Sequence[Fact | None]
    score: Score | None
    note: SafeString

    @property
    def checked(self) -> date | None:
        """When its figures were last compared with their sources: the earliest of their days."""
        days = [said.checked for said in (*self.facts, self.score) if said and said.checked]
        return min(days, default=None)


def read_model_page(slug: str) -> ModelPage | None:
    """Return the page of a model, or ``None`` where there is no such model; ten queries, however much is known."""
    model = CodeModel.objects.select_related("variant").filter(slug=slug).first()
    if model is None:
        return None
    known = list(facts().filter(model=model).order_by("attribute__order"))
    scores = list(model.scores.select_related("benchmark").order_by("benchmark__order").prefetch_related(cited()))
    note = Section.objects.select_related("page").filter(page__slug="models", slug=slug).first()
    sources = list(Source.objects.all())
    keys = {citation.source.key for citation in _citations(known, scores)}
    keys |= {key for _, key in find_citations(note.body if note else "")}
    return ModelPage(
        page=_heading(model, note, known),
        model=model,
        note=render_prose(note.body if note else "", {source.key: source.number for source in sources}),
        groups=_groups(known),
        suites=_suites(scores),
        sources=[source for source in sources if source.key in keys],
    )


def list_models(notes: Iterable[RenderedSection]) -> Sequence[ListedModel]:
    """Return the twelve with a few figures each and their notes; seven queries at most."""
    known: dict[tuple[int, str], Fact] = {}
    for fact in facts().filter(attribute__slug__in=LISTED_FACTS):
        known[fact.model_id, fact.attribute.slug] = fact
    scored = Score.objects.select_related("benchmark").filter(benchmark__slug=LISTED_BENCHMARK)
    listed = scored.prefetch_related(cited())
    scores = {score.model_id: score for score in listed}
    html = {rendered.section.slug: rendered.html for rendered in notes}
    return [
        ListedModel(
            model,
            [known.get((model.pk, name)) for name in LISTED_FACTS],
            scores.get(model.pk),
            html.get(model.slug, SafeString("")),
        )
        for model in CodeModel.objects.select_related("variant")
    ]


def sources_of(models: Iterable[ListedModel]) -> set[str]:
    """Return the keys of the sources that the list's figures rest on."""
    return {citation.source.key for model in models for citation in _citations(_known(model), _scored(model))}


def _known(model: ListedModel) -> list[Fact]:
    return [fact for fact in model.facts if fact]


def _scored(model: ListedModel) -> list[Score]:
    return [model.score] if model.score else []


def _citations(known: Iterable[Fact], scores: Iterable[Score]) -> Iterator[Citation]:
    for fact in known:
        yield from fact.citations.all()
        for reading in fact.readings.all():
            yield from reading.citations.all()
    for score in scores:
        yield from score.citations.all()


def _heading(model: CodeModel, note: Section | None, known: Sequence[Fact]) -> Heading:
    """The page is as old as the reading of the list, or the check of its oldest fact."""
    days = [day for fact in known if (day := fact.checked)]
    reviewed = min([note.page.reviewed_on, *days] if note else days, default=None)
    summary = f"{model.variant.summary} What it can do, its context, memory, scores and commands, with sources."
    return Heading(model.name, summary, reviewed)


def _groups(known: Sequence[Fact]) -> list[FactGroup]:
    groups = [
        FactGroup(str(value), str(label), [fact for fact in known if fact.attribute.group == value])
        for value, label in Attribute.Group.choices
    ]
    return [group for group in groups if group.facts]


def _suites(scores: Sequence[Score]) -> list[Suite]:
    by_name: dict[str, list[Score]] = {}
    for score in scores:
        by_name.setdefault(score.benchmark.suite, []).append(score)
    return [Suite(name, found) for name, found in by_name.items()]
