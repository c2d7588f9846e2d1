"""Read the content files and check that they agree with each other, before anything is written."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path, PurePosixPath
from types import GenericAlias
from typing import Any

import msgspec

from apps.guide.errors import ContentError
from apps.guide.services.checks import check_content
from apps.guide.services.records import Content, Record
from apps.guide.services.tables import TABLES, ContentTable
from apps.guide.toml_file import TomlFile, read_text

CONTENT_FOLDER = Path(__file__).resolve().parent.parent / "content"


@dataclass(frozen=True, slots=True)
class Prose:
    """A Markdown file, taken apart."""

    title: str
    body: str


def read_content(*, folder: Path = CONTENT_FOLDER) -> Content:
    """Return all content of ``folder``; raises ``ContentError`` with file, line and reason at the first fault."""
    content: Content = {table.name: [] for table in TABLES}
    for files, tables in groupby(TABLES, key=lambda table: table.files):
        _read_files(folder, files, list(tables), content)
    for section in content["sections"]:
        _add_prose(folder, section)
    check_content(content)
    _check_nothing_forgotten(folder, content)
    return content


def _read_files(folder: Path, files: str, tables: list[ContentTable], content: Content) -> None:
    fields: list[tuple[str, Any]] = [(table.name, GenericAlias(list, table.entry)) for table in tables]
    model = msgspec.defstruct("File", fields, forbid_unknown_fields=True)
    paths = sorted(folder.glob(files)) if "*" in files else [folder / files]
    for path in paths:
        file = TomlFile(path)
        entries = file.read_as(model)
        for table in tables:
            of_table = getattr(entries, table.name)
            content[table.name] += _records(file, table, of_table)
            if table.check:
                table.check(file, of_table)


def _records(file: TomlFile, table: ContentTable, entries: list[Any]) -> Iterator[Record]:
    for index, entry in enumerate(entries):
        for row in entry.rows():
            yield Record(table, file, index, row)


def _add_prose(folder: Path, section: Record) -> None:
    path = folder / section.values.pop("file")
    if not path.is_file():
        raise section.error(f"there is no file {path.relative_to(folder)}", field="file")
    prose = _read_prose(path)
    section.path = path
    section.values.update(slug=PurePosixPath(path).stem, title=prose.title, body=prose.body)


def _read_prose(path: Path) -> Prose:
    heading, _, body = read_text(path).partition("\n")
    if not heading.startswith("# ") or not body.strip():
        raise ContentError(path, "must begin with a heading (# …) and have text under it", line=1)
    return Prose(title=heading.removeprefix("# ").strip(), body=body.strip())


def _check_nothing_forgotten(folder: Path, content: Content) -> None:
    listed = {section.path for section in content["sections"]}
    for path in sorted(folder.rglob("*.md")):
        if path not in listed:
            raise ContentError(path, "is not listed in pages.toml")
