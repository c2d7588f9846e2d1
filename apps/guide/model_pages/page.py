"""The page of a model: its facts by group, its scores by suite, and the sources of both."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.safestring import SafeString

from apps.guide.models import Attribute, CodeModel, Fact, Score, Section, Source
from apps.guide.notes import Note, Notes, basis_of
from apps.guide.prose import find_citations, render_prose
from apps.guide.selectors import RenderedSection, cited, facts

HEADLINE_BENCHMARK = "humaneval-pass-1"
PARAMETERS = "parameters"
# The facts at the top of a model's page, beside the score of ``HEADLINE_BENCHMARK``: attributes by label.
STRIP = {
    "Parameters": (PARAMETERS,),
    "Context to plan for": ("planned-context",),
    "Fills in the middle": ("infilling",),
    "Weights at 4 / 16 bits": ("weights-4-bit", "weights-16-bit"),
    "Licence": ("licence",),
}
# The groups of facts in the order of pages.
GROUPS: list[str] = [
    Attribute.Group.ABILITIES,
    Attribute.Group.CONTEXT,
    Attribute.Group.MEMORY,
    Attribute.Group.TRAINING,
    Attribute.Group.ARCHITECTURE,
    Attribute.Group.RELEASE,
]


@dataclass(frozen=True, slots=True)
class StatedFact:
    """A fact with the note of its basis."""

    fact: Fact
    note: Note


@dataclass(frozen=True, slots=True)
class StatedScore:
    """A score with the note of its basis; no note if the suite's note covers it."""

    score: Score
    note: Note | None


@dataclass(frozen=True, slots=True)
class FactGroup:
    """Facts under one heading."""

    slug: str
    label: str
    facts: Sequence[StatedFact]


@dataclass(frozen=True, slots=True)
class SuiteScores:
    """The scores in one suite of benchmarks, and the common basis of most scores."""

    name: str
    note: Note
    scores: Sequence[StatedScore]


@dataclass(frozen=True, slots=True)
class StripFigure:
    """One of the key figures at the top of the page."""

    label: str
    text: str
    unit: str
    notes: Sequence[Note]


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a model's page. Other pages read theirs from a ``Page`` row."""

    title: str
    summary: str
    reviewed_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPage:
    """Everything about one model. It has the fields that ``guide/base.html`` reads: page, sections and sources."""

    page: Heading
    model: CodeModel
    summary: SafeString
    strip: Sequence[StripFigure]
    groups: Sequence[FactGroup]
    suites: Sequence[SuiteScores]
    notes: Notes
    sources: Sequence[Source]
    sections: Sequence[RenderedSection] = ()


def read_model_page(slug: str) -> ModelPage | None:
    """Return the page of a model, or ``None`` where there is no such model; ten queries, however much is known."""
    model = CodeModel.objects.select_related("variant").filter(slug=slug).first()
    if model is None:
        return None
    known = list(facts().filter(model=model).order_by("attribute__order"))
    scores = list(model.scores.select_related("benchmark").order_by("benchmark__order").prefetch_related(cited()))
    note = Section.objects.select_related("page").filter(page__slug="models", slug=slug).first()
    sources, notes = list(Source.objects.all()), Notes()
    strip = list(_strip(known, scores, notes))
    groups, suites = _groups(known, notes), _suites(scores, notes)
    keys = notes.source_keys() | {key for _, key in find_citations(note.body if note else "")}
    return ModelPage(
        page=_heading(model, note, known),
        model=model,
        summary=render_prose(note.body if note else "", {source.key: source.number for source in sources}),
        strip=strip,
        groups=groups,
        suites=suites,
        notes=notes,
        sources=[source for source in sources if source.key in keys],
    )


def _heading(model: CodeModel, note: Section | None, known: Sequence[Fact]) -> Heading:
    """Return the earlier day: the list's last review, or the oldest check of a fact."""
    days = [day for fact in known if (day := fact.checked)]
    reviewed = min([note.page.reviewed_on, *days] if note else days, default=None)
    summary = f"{model.variant.summary} What it can do, its context, memory, scores and commands, with sources."
    return Heading(model.name, summary, reviewed)


def _strip(known: Sequence[Fact], scores: Sequence[Score], notes: Notes) -> Iterator[StripFigure]:
    """Yield the known key figures."""
    facts_by_slug = {fact.attribute.slug: fact for fact in known}
    for label, slugs in STRIP.items():
        found = [facts_by_slug[slug] for slug in slugs if slug in facts_by_slug]
        if found:
            text = " / ".join(_short(fact) for fact in found)
            yield StripFigure(label, text, _unit(found), [notes.note(basis_of(fact)) for fact in found])
    for score in scores:
        if score.benchmark.slug == HEADLINE_BENCHMARK:
            unit = f"{score.benchmark.unit}, {score.benchmark.method}"
            yield StripFigure(score.benchmark.suite, score.text, unit, [notes.note(basis_of(score))])


def _short(fact: Fact) -> str:
    """Return the text of a fact; parameters in billions."""
    if fact.attribute.slug == PARAMETERS and fact.number is not None:
        return f"{fact.number / 10**9:.2f} billion"
    return fact.text


def _unit(found: Sequence[Fact]) -> str:
    return found[0].attribute.unit if found[0].number is not None else ""


def _groups(known: Sequence[Fact], notes: Notes) -> list[FactGroup]:
    stated = [StatedFact(fact, notes.note(basis_of(fact))) for fact in known]
    groups = [
        FactGroup(str(value), str(label), [one for one in stated if one.fact.attribute.group == value])
        for value, label in Attribute.Group.choices
    ]
    return sorted((group for group in groups if group.facts), key=lambda group: GROUPS.index(group.slug))


def _suites(scores: Sequence[Score], notes: Notes) -> list[SuiteScores]:
    by_name: dict[str, list[Score]] = {}
    for score in scores:
        by_name.setdefault(score.benchmark.suite, []).append(score)
    return [_suite(name, found, notes) for name, found in by_name.items()]


def _suite(name: str, scores: Sequence[Score], notes: Notes) -> SuiteScores:
    bases = [basis_of(score) for score in scores]
    common = Counter(bases).most_common(1)[0][0]
    return SuiteScores(
        name,
        notes.note(common),
        [
            StatedScore(score, None if basis == common else notes.note(basis))
            for score, basis in zip(scores, bases, strict=True)
        ],
    )
