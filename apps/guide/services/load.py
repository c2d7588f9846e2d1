"""Bring the database in line with the content files, without undoing edits made in the admin.

Three values decide about a row: the file's content, the database's content, and (as a digest) the content of the last
load. Only a row that still has the content of the last load is written. An edited row is kept, and reported if the file
says something else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from django.apps import apps
from django.db import connection, transaction
from django.db.models import ProtectedError

from apps.guide.models import Edition, FromFile, Revision, digest
from apps.guide.search.index import rebuild_index
from apps.guide.services.fingerprint import fingerprint_of
from apps.guide.services.read import CONTENT_FOLDER, read_content
from apps.guide.services.records import Content, Record
from apps.guide.services.revise import record_change
from apps.guide.services.tables import TABLES, ContentTable
from apps.guide.services.write import Writer


@dataclass(slots=True)
class Report:
    """The result of a load; the lists name rows."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    kept: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)


def load_guide(*, folder: Path = CONTENT_FOLDER) -> Report:
    """Load the content of ``folder`` in one transaction; a ``ContentError`` changes nothing.

    If the same files were loaded last and the guide has not changed since, nothing is read.
    """
    fingerprint = fingerprint_of(folder)
    if Edition.objects.is_loaded(fingerprint):
        return Report(unchanged=_loaded_rows())
    content = read_content(folder=folder)
    with transaction.atomic():
        report = _Load(content).run()
        # Edited rows are reported at every load.
        if not report.kept and not report.conflicts:
            Edition.objects.mark_loaded(fingerprint)
    return report


class _Load:
    def __init__(self, content: Content) -> None:
        self.content = content
        self.report = Report()
        self.writer = Writer()
        self.leftover: list[FromFile] = []

    def run(self) -> Report:
        for table in TABLES:
            self._bring_in_line(table, self.content[table.name])
        self._remove_leftover()
        rebuild_index()
        _gather_statistics()
        return self.report

    def _bring_in_line(self, table: ContentTable, records: list[Record]) -> None:
        present = {row.identity: row for row in table.model.rows()}
        wanted = {record.identity: record for record in records}
        for identity, row in present.items():
            if identity in wanted:
                self._bring_row_in_line(row, wanted[identity])
            elif row.loaded_digest:
                self.leftover.append(row)
        missing = [record for identity, record in wanted.items() if identity not in present]
        places = [({**record.named_by, **record.place}, record.content) for record in missing]
        created = self.writer.create(table.model, places)
        if table.model.is_ordered():
            _put_in_order(table.model, {row: wanted[name].index for name, row in present.items() if name in wanted})
        self.report.created += len(created)
        self.writer.knows(table.model, {**present, **{row.identity: row for row in created}})

    def _bring_row_in_line(self, row: FromFile, record: Record) -> None:
        content, wanted = row.content(), record.content
        is_edited = digest(content) != row.loaded_digest
        if digest(wanted) == row.loaded_digest:
            self.report.unchanged += not is_edited
            self.report.kept += [name_of(row)] if is_edited else []
        elif is_edited and content != wanted:
            self.report.conflicts.append(name_of(row))
        else:
            self.writer.update(row, wanted, loaded=True)
            self.report.updated += 1
            record_change(row, before=content, after=wanted, cause=Revision.Cause.LOADED)

    def _remove_leftover(self) -> None:
        """Remove rows that left the files, dependants first; edited rows and rows in use stay."""
        for row in reversed(self.leftover):
            if row.is_edited:
                self.report.conflicts.append(name_of(row))
                continue
            try:
                row.delete()
                self.report.removed += 1
            except ProtectedError:
                self.report.conflicts.append(name_of(row))


def _loaded_rows() -> int:
    return sum(table.model.rows().exclude(loaded_digest="").count() for table in TABLES)


def _gather_statistics() -> None:
    """Refresh Postgres's planner statistics; autovacuum would do so only a minute after the load."""
    tables = [model._meta.db_table for model in apps.get_app_config("guide").get_models()]
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(tables)}")


def _put_in_order(model: type[FromFile], places: Mapping[Any, int]) -> None:
    """Give rows the order of the file. This neither counts as an edit nor overwrites edits."""
    moved = [row for row, place in places.items() if row.order != place]
    for row in moved:
        row.order = places[row]
    cast("Any", model).rows().bulk_update(moved, ["order"])


def name_of(row: FromFile) -> str:
    """Return a row's name in reports."""
    return f"{row._meta.verbose_name} {row.identity}"
