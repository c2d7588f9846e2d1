"""Preview an edited row as its page would show it."""

from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from apps.guide import selectors
from apps.guide.model_pages.page import StatedFact
from apps.guide.models import Cell, Fact, FromFile, Section, Term
from apps.guide.notes import Notes, basis_of
from apps.guide.prose import render_prose


@dataclass(frozen=True, slots=True)
class PreviewGroup:
    """A group of facts in the form that ``guide/_facts.html`` renders."""

    slug: str
    label: str
    facts: list[StatedFact]


def preview_of(row: FromFile) -> SafeString:
    """Return the row as HTML. Prose, facts and cells look as on their pages, other rows are lists of columns."""
    match row:
        case Section():
            return _section(row)
        case Term():
            return _include("term", term=row, html=_prose(row.definition))
        case Fact():
            return _fact(row)
        case Cell():
            return _include("cell", cell=row)
        case _:
            return _include("row", said=row.content().items())


def _fact(fact: Fact) -> SafeString:
    notes = Notes()
    stated = StatedFact(fact, notes.note(basis_of(fact)))
    group = PreviewGroup("preview", fact.attribute.get_group_display(), [stated])
    return _include("fact", group=group, notes=notes)


def _section(section: Section) -> SafeString:
    guide: dict[str, Any] = {}
    if section.shows == Section.Shows.COMPARISON:
        guide["comparison"] = selectors.read_comparison()
    return render_to_string("guide/_section.html", {"section": section, "html": _prose(section.body), "guide": guide})


def _prose(text: str) -> SafeString:
    return render_prose(text, {source.key: source.number for source in selectors.sources()})


def _include(name: str, **context: Any) -> SafeString:
    return render_to_string(f"admin/guide/_preview_{name}.html", context)
