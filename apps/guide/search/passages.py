"""Turn the guide's rows into passages with text and address, in a few queries."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from django.urls import reverse

from apps.guide import selectors
from apps.guide.models import Attribute, CodeModel, Fact, Feature, Page, Passage, Section
from apps.guide.navigation import all_entries
from apps.guide.prose import plain_prose
from apps.stores.searchable import searchable

# Readers need no control characters, and the search uses some as its marks.
MARKS = dict.fromkeys(set(range(32)) - {ord("\n")}, " ")

ALL_VARIANTS = "?pick=base&pick=python&pick=instruct"


class Said(NamedTuple):
    """The text of a fact, without its sources."""

    model: int
    attribute: int
    text: str
    qualification: str
    number: Decimal | None

    def with_unit(self, unit: str) -> str:
        return f"{self.text} {unit}" if unit and self.number else self.text


def gather_passages() -> list[Passage]:
    """Return all passages, unsaved, in the order of the guide."""
    models, attributes = selectors.models(), list(Attribute.objects.all())
    columns = ("model", "attribute", "text", "qualification", "number")
    facts = [Said(*row) for row in Fact.objects.values_list(*columns)]
    passages = [
        *_pages(),
        *_sections({model.slug for model in models}),
        *_variants(),
        *_models(models, attributes, facts),
        *_attributes(models, attributes, facts),
        *_benchmarks(),
        *_gpus(),
        *_terms(),
        *_sources(),
    ]
    for order, passage in enumerate(passages):
        passage.order = order
        passage.title = passage.title.translate(MARKS).replace("`", "")
        passage.body = passage.body.translate(MARKS)
        passage.title_words, passage.body_words = searchable(passage.title), searchable(passage.body)
    return passages


def _urls() -> dict[str, str]:
    """Return the address of each page by its slug."""
    return {entry.page: entry.url for entry in all_entries() if entry.name != "model"}


def _pages() -> Iterator[Passage]:
    urls = _urls()
    for page in Page.objects.all():
        if page.slug in urls:
            yield Passage(kind=Passage.Kind.PAGE, title=page.title, url=urls[page.slug], body=page.summary)


def _sections(notes: set[str]) -> Iterator[Passage]:
    urls = _urls()
    for section in Section.objects.select_related("page"):
        # Notes on single models stand on the models' pages, without an anchor.
        is_note = section.page.slug == "models" and section.slug in notes
        url = reverse("guide:model", args=[section.slug]) if is_note else urls.get(section.page.slug)
        if url:
            yield Passage(
                kind=Passage.Kind.SECTION,
                title=section.title,
                within=section.page.title,
                url=url if is_note else f"{url}#{section.slug}",
                body=plain_prose(section.body),
            )


def _variants() -> Iterator[Passage]:
    for feature in Feature.objects.prefetch_related("cells__variant"):
        said = [f"{cell.variant}: {_sentences(cell.text, cell.qualification)}" for cell in feature.cells.all()]
        yield Passage(
            kind=Passage.Kind.VARIANTS,
            title=feature.label,
            within="The three variants",
            url=f"{reverse('guide:home')}#compare",
            body="\n".join([feature.note, *said]).strip(),
        )


def _models(models: Sequence[CodeModel], attributes: Sequence[Attribute], facts: Sequence[Said]) -> Iterator[Passage]:
    known = {attribute.pk: attribute for attribute in attributes}
    for model in models:
        said = [
            _sentences(f"{attribute.label}: {fact.with_unit(attribute.unit)}", fact.qualification)
            for fact in facts
            if fact.model == model.pk and (attribute := known[fact.attribute])
        ]
        yield Passage(
            kind=Passage.Kind.MODEL,
            title=model.name,
            within="The twelve models",
            url=reverse("guide:model", args=[model.slug]),
            body="\n".join([" ".join(model.repositories), *said]),
        )


def _attributes(
    models: Sequence[CodeModel], attributes: Sequence[Attribute], facts: Sequence[Said]
) -> Iterator[Passage]:
    names = {model.pk: model.name for model in models}
    groups = [value for value, _ in Attribute.Group.choices]
    for attribute in sorted(attributes, key=lambda attribute: groups.index(attribute.group)):
        by_text: dict[str, list[str]] = {}
        for fact in facts:
            if fact.attribute == attribute.pk:
                by_text.setdefault(fact.with_unit(attribute.unit), []).append(names[fact.model])
        said = [_sentences(f"{text}: {', '.join(of_models)}") for text, of_models in by_text.items()]
        yield Passage(
            kind=Passage.Kind.FACT,
            title=attribute.label,
            within=attribute.get_group_display(),
            url=f"{reverse('guide:compare')}{ALL_VARIANTS}#{attribute.group}",
            body="\n".join([attribute.note, *said]).strip(),
        )


def _benchmarks() -> Iterator[Passage]:
    for found in selectors.benchmarks():
        said = [
            _sentences(f"{score.model or score.other}: {score.text} {found.benchmark.unit}")
            for score in [*found.scores.values(), *found.others]
        ]
        yield Passage(
            kind=Passage.Kind.BENCHMARK,
            title=found.benchmark.full_label,
            within="Benchmarks",
            url=reverse("guide:benchmarks"),
            body="\n".join([f"{found.benchmark.suite}, {found.benchmark.method}. {found.benchmark.note}", *said]),
        )


def _gpus() -> Iterator[Passage]:
    for gpu in selectors.gpus():
        yield Passage(
            kind=Passage.Kind.HARDWARE,
            title=gpu.name,
            within="Hardware",
            url=f"{reverse('guide:hardware')}?gpu={gpu.slug}",
            body=_sentences(
                f"GPU with {gpu.memory_gb} GB of memory, of which programs see {gpu.usable_gib} GiB.", gpu.note
            ),
        )


def _terms() -> Iterator[Passage]:
    for term in selectors.terms():
        yield Passage(
            kind=Passage.Kind.TERM,
            title=term.term,
            within="Glossary",
            url=f"{reverse('guide:glossary')}#{term.slug}",
            body=plain_prose(term.definition),
        )


def _sources() -> Iterator[Passage]:
    for source in selectors.sources():
        days = [
            f"{word} {day:%-d %B %Y}"
            for word, day in (("published", source.published_on), ("checked", source.checked_on))
            if day
        ]
        yield Passage(
            kind=Passage.Kind.SOURCE,
            title=source.title,
            within="Sources",
            url=f"{reverse('guide:sources')}#source-{source.key}",
            body=_sentences(f"{source.publisher}, {', '.join(days)}", source.note, source.url),
        )


def _sentences(*parts: str) -> str:
    """Join the parts in one line, each ended by a full stop."""
    return " ".join(f"{part.strip().removesuffix('.')}." for part in parts if part)
