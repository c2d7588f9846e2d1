"""Brings the database in line with the content files, without undoing what was edited in the admin.

Three values decide about a row: what the file says now, what the database says now, and (as a digest) what was loaded
last. Only a row that still says what was loaded last is written; an edited row is kept, and reported when the file has
something else to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import ProtectedError, QuerySet

from apps.guide.models import Cell, Citation, Feature, FromFile, Page, Section, Source, Variant, digest
from apps.guide.prose import split_citation
from apps.guide.schema import Content
from apps.guide.services.read import CONTENT_FOLDER, read_content


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row as the files want it: the fields that name it, and its content."""

    named_by: Mapping[str, Any]
    content: dict[str, Any]


@dataclass(slots=True)
class Report:
    """What a load did; the lists name rows."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    kept: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)


def load_guide(*, folder: Path = CONTENT_FOLDER) -> Report:
    """Load the content of ``folder`` in one transaction; a ``ContentError`` changes nothing."""
    content = read_content(folder=folder)
    with transaction.atomic():
        return _Load(content).run()


class _Load:
    def __init__(self, content: Content) -> None:
        self.content = content
        self.report = Report()
        self.leftover: list[FromFile] = []

    def run(self) -> Report:
        self.sources = self._bring_in_line(Source.objects.all(), self._wanted_sources())
        self.variants = self._bring_in_line(Variant.objects.all(), self._wanted_variants())
        self.features = self._bring_in_line(Feature.objects.all(), self._wanted_features())
        cells = Cell.objects.select_related("feature", "variant").prefetch_related("citations__source")
        self._bring_in_line(cells, self._wanted_cells())
        self.pages = self._bring_in_line(Page.objects.all(), self._wanted_pages())
        self._bring_in_line(Section.objects.select_related("page", "variant"), self._wanted_sections())
        self._remove_leftover()
        return self.report

    # --- what the files want ------------------------------------------------------------------

    def _wanted_sources(self) -> dict[str, Wanted]:
        return {source.key: Wanted({"key": source.key}, _fields(source, "key")) for source in self.content.sources}

    def _wanted_variants(self) -> dict[str, Wanted]:
        return {
            variant.slug: Wanted({"slug": variant.slug}, {**_fields(variant, "slug"), "order": order})
            for order, variant in enumerate(self.content.variants)
        }

    def _wanted_features(self) -> dict[str, Wanted]:
        return {
            feature.slug: Wanted({"slug": feature.slug}, {**_fields(feature, "slug"), "order": order})
            for order, feature in enumerate(self.content.features)
        }

    def _wanted_cells(self) -> dict[str, Wanted]:
        return {
            f"{cell.feature}/{cell.variant}": Wanted(
                {"feature": self.features[cell.feature], "variant": self.variants[cell.variant]},
                _fields(cell, "feature", "variant"),
            )
            for cell in self.content.cells
        }

    def _wanted_pages(self) -> dict[str, Wanted]:
        return {page.slug: Wanted({"slug": page.slug}, _fields(page, "slug")) for page in self.content.pages}

    def _wanted_sections(self) -> dict[str, Wanted]:
        wanted = {}
        for order, section in enumerate(self.content.sections):
            slug = PurePosixPath(section.file).stem
            prose = self.content.prose[section.file]
            content = {"variant": section.variant, "shows": section.shows, "order": order, **_fields(prose)}
            wanted[f"{section.page}/{slug}"] = Wanted({"page": self.pages[section.page], "slug": slug}, content)
        return wanted

    # --- what becomes of a row ----------------------------------------------------------------

    def _bring_in_line[Row: FromFile](self, rows: QuerySet[Row], wanted: Mapping[str, Wanted]) -> dict[str, Row]:
        present = {row.identity: row for row in rows}
        for identity, row in wanted.items():
            if identity not in present:
                present[identity] = self._write(rows.model(**row.named_by), row.content)
                self.report.created += 1
            else:
                self._bring_row_in_line(present[identity], row.content)
        self.leftover += [row for identity, row in present.items() if identity not in wanted and row.loaded_digest]
        return present

    def _bring_row_in_line(self, row: FromFile, content: dict[str, Any]) -> None:
        if digest(content) == row.loaded_digest and not row.is_edited:
            self.report.unchanged += 1
        elif not row.is_edited or row.content() == content:
            self._write(row, content)
            self.report.updated += 1
        elif digest(content) == row.loaded_digest:
            self.report.kept.append(_name(row))
        else:
            self.report.conflicts.append(_name(row))

    def _write[Row: FromFile](self, row: Row, content: dict[str, Any]) -> Row:
        values = dict(content)
        spellings = values.pop("sources", [])
        if isinstance(row, Section):
            values["variant"] = self.variants.get(values["variant"])
        for name, value in values.items():
            setattr(row, name, value)
        row.loaded_digest = digest(content)
        row.save()
        if isinstance(row, Cell):
            _cite(row, spellings, self.sources)
        return row

    def _remove_leftover(self) -> None:
        """Remove what has left the files, dependants first; what was edited or is still used stays."""
        for row in reversed(self.leftover):
            if row.is_edited:
                self.report.conflicts.append(_name(row))
                continue
            try:
                row.delete()
                self.report.removed += 1
            except ProtectedError:
                self.report.conflicts.append(_name(row))


def _cite(cell: Cell, spellings: list[str], sources: Mapping[str, Source]) -> None:
    places = [split_citation(spelling) for spelling in spellings]
    cell.citations.all().delete()
    Citation.objects.bulk_create(
        Citation(cell=cell, source=sources[key], locator=place, order=order)
        for order, (key, place) in enumerate(places)
    )


def _fields(entry: msgspec.Struct, *without: str) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in entry.__struct_fields__ if name not in without}


def _name(row: FromFile) -> str:
    return f"{row._meta.verbose_name} {row.identity}"
