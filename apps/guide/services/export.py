"""Write the admin's edits back to the content files, and nothing else.

All or nothing: the new files are read and checked before they replace the old files. Afterwards the rows count as
loaded. A row that also changed in the files is reported and left alone, unless ``overwrite``.
"""

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import transaction

from apps.guide.blocks import Blocks
from apps.guide.models import FromFile, Section, digest
from apps.guide.services.load import name_of
from apps.guide.services.read import CONTENT_FOLDER, read_content
from apps.guide.services.records import Record
from apps.guide.services.tables import TABLES, ContentTable
from apps.guide.services.write import Writer


@dataclass(slots=True)
class ExportReport:
    """The result of an export: written rows, changed files (relative to the folder), and rows left alone."""

    written: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)


@transaction.atomic
def export_guide(*, folder: Path = CONTENT_FOLDER, overwrite: bool = False) -> ExportReport:
    """Write edited rows to the files of ``folder``. Raises ``ContentError`` if an edit cannot be loaded."""
    export = _Export(folder, overwrite=overwrite)
    with TemporaryDirectory() as scratch:
        draft = shutil.copytree(folder, Path(scratch) / "content")
        texts = export.texts()
        for name, text in texts.items():
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            (draft / name).write_text(text, encoding="utf-8")
        export.mark_as_loaded(draft)
        for name in texts:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(draft / name, folder / name)
    export.report.files = sorted(texts)
    return export.report


class _Export:
    def __init__(self, folder: Path, *, overwrite: bool) -> None:
        self.folder = folder
        self.overwrite = overwrite
        self.content = read_content(folder=folder)
        self.report = ExportReport()
        self.edited: list[tuple[ContentTable, FromFile]] = []
        self.blocks: dict[str, Blocks] = {}
        self.prose: dict[str, str] = {}

    def texts(self) -> dict[str, str]:
        """Return the new text of every file that changes, by its name in the folder."""
        for table in TABLES:
            records = {record.identity: record for record in self.content[table.name]}
            rows = [row for row in table.model.rows() if row.is_edited]
            wanted = {row.identity: row for row in rows if self._may_write(row, records.get(row.identity))}
            self.edited += [(table, row) for row in wanted.values()]
            self._write(table, wanted)
        changed = {name: blocks.text() for name, blocks in self.blocks.items()}
        texts = {**changed, **self.prose}
        return {name: text for name, text in texts.items() if text != _read(self.folder / name)}

    def mark_as_loaded(self, draft: Path) -> None:
        """Check the new files, and mark the exported rows as loaded from them."""
        content = read_content(folder=draft)
        writer = Writer()
        for table, row in self.edited:
            record = next(record for record in content[table.name] if record.identity == row.identity)
            writer.update(row, record.content, loaded=True)
            self.report.written.append(name_of(row))

    def _may_write(self, row: FromFile, record: Record | None) -> bool:
        if record is None:
            changed_in_files = bool(row.loaded_digest)
        else:
            changed_in_files = record.content != row.content() and digest(record.content) != row.loaded_digest
        if changed_in_files and not self.overwrite:
            self.report.conflicts.append(name_of(row))
            return False
        return True

    def _write(self, table: ContentTable, wanted: dict[str, FromFile]) -> None:
        entries: dict[tuple[str, int], list[Record]] = {}
        for record in self.content[table.name]:
            entries.setdefault((self._name(record), record.index), []).append(record)
        for (name, index), records in entries.items():
            if any(record.identity in wanted for record in records):
                rows = [self._values(record, wanted.pop(record.identity, None)) for record in records]
                self._rewrite_entry(table, name, index, rows, as_before=records[0].values)
        for row in wanted.values():
            self._append(table, row, list(entries))

    def _rewrite_entry(
        self, table: ContentTable, name: str, index: int, rows: list[dict[str, Any]], *, as_before: dict[str, Any]
    ) -> None:
        """Rewrite an entry; rows that now differ from its shared values get new entries after it."""
        groups: list[list[dict[str, Any]]] = []
        before = table.entry.shared(as_before)
        for row in sorted(rows, key=lambda row: table.entry.shared(row) != before):
            group = next((group for group in groups if table.entry.shared(group[0]) == table.entry.shared(row)), None)
            if group is None:
                groups.append([row])
            else:
                group.append(row)
        blocks = self._blocks(name)
        blocks.change(table.name, index, table.entry.spell(groups[0]))
        for group in groups[1:]:
            blocks.add(table.name, index, table.entry.spell(group))

    def _append(self, table: ContentTable, row: FromFile, entries: list[tuple[str, int]]) -> None:
        default = (table.files.replace("*", "more"), -1)
        name, index = entries[-1] if entries else default
        self._blocks(name).add(table.name, index, table.entry.spell([self._values(None, row)]))

    def _values(self, record: Record | None, row: FromFile | None) -> dict[str, Any]:
        """Return an entry's values for a row: from the edited row, or as they were in the file."""
        values: dict[str, Any] = dict(record.values) if record is not None else {}
        if row is not None:
            values = {**row.naming(), **row.content()}
        if record is not None and record.path is not None:
            values["file"] = record.path.relative_to(self.folder).as_posix()
        elif isinstance(row, Section):
            values["file"] = f"{row.page.slug}/{row.slug}.md"
        if isinstance(row, Section):
            self.prose[values["file"]] = f"# {row.title}\n\n{row.body.strip()}\n"
        return values

    def _name(self, record: Record) -> str:
        return record.file.path.relative_to(self.folder).as_posix()

    def _blocks(self, name: str) -> Blocks:
        if name not in self.blocks:
            self.blocks[name] = Blocks(_read(self.folder / name))
        return self.blocks[name]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
