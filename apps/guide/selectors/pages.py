"""Reads that shape the guide's pages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Prefetch
from django.utils.safestring import SafeString

from apps.guide.models import Cell, Citation, Feature, Page, Section, Source, Variant
from apps.guide.notes import Note, Notes, basis_of
from apps.guide.prose import find_citations, render_prose


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """A row of the comparison: a cell and its note for each variant, ``None`` where nothing is known."""

    feature: Feature
    by_variant: Sequence[tuple[Variant, Cell | None, Note | None]]


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """The whole table, with the notes of its cells."""

    variants: Sequence[Variant]
    rows: Sequence[FeatureRow]
    notes: Notes


@dataclass(frozen=True, slots=True)
class RenderedSection:
    """A section and its prose as HTML."""

    section: Section
    html: SafeString


# Extra style sheets of prose, by a text that its HTML contains.
PROSE_SHEETS = {'class="table"': "css/components/table.css", 'class="prompt"': "css/components/prompt.css"}


@dataclass(frozen=True, slots=True)
class GuidePage:
    """Everything that a page of the guide shows; ``sources`` are cited by it, by number."""

    page: Page
    sections: Sequence[RenderedSection]
    comparison: FeatureTable | None
    sources: Sequence[Source]

    @property
    def sheets(self) -> Sequence[str]:
        """The additional style sheets that the page's prose needs."""
        html = [rendered.html for rendered in self.sections]
        return [sheet for part, sheet in PROSE_SHEETS.items() if any(part in text for text in html)]


def read_page(slug: str) -> GuidePage | None:
    """Return the page, ready to be rendered, or ``None`` if it is not loaded; the number of queries is constant."""
    page = Page.objects.filter(slug=slug).first()
    if page is None:
        return None
    sections = list(page.sections.select_related("variant").order_by("order"))
    comparison = None
    if any(section.shows == Section.Shows.COMPARISON for section in sections):
        comparison = read_comparison()
    sources = list(Source.objects.all())
    numbers = {source.key: source.number for source in sources}
    cited = set(_keys_cited(sections, comparison))
    return GuidePage(
        page=page,
        sections=[RenderedSection(section, render_prose(section.body, numbers)) for section in sections],
        comparison=comparison,
        sources=[source for source in sources if source.key in cited],
    )


def read_comparison() -> FeatureTable:
    """Return the comparison of the variants with every cell's citations, in four queries."""
    variants = list(Variant.objects.all())
    citations = Prefetch("citations", Citation.objects.select_related("source"))
    cells = Prefetch("cells", Cell.objects.order_by().prefetch_related(citations))
    rows, notes = [], Notes()
    for feature in Feature.objects.prefetch_related(cells):
        known = {cell.variant_id: cell for cell in feature.cells.all()}
        found = [(variant, known.get(variant.pk)) for variant in variants]
        rows.append(
            FeatureRow(
                feature, [(variant, cell, notes.note(basis_of(cell)) if cell else None) for variant, cell in found]
            )
        )
    return FeatureTable(variants, rows, notes)


def _keys_cited(sections: Iterable[Section], comparison: FeatureTable | None) -> Iterable[str]:
    for section in sections:
        yield from (key for _, key in find_citations(section.body))
    for row in comparison.rows if comparison else ():
        for _, cell, _ in row.by_variant:
            yield from (citation.source.key for citation in cell.citations.all()) if cell else ()
