"""The content files' records, each with its file and line."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.guide.errors import ContentError
from apps.guide.models import identify
from apps.guide.services.tables import ContentTable
from apps.guide.toml_file import TomlFile


@dataclass(slots=True)
class Record:
    """A row described by the entry ``index`` (from 0) of a table; ``path`` is the row's Markdown file, if any."""

    table: ContentTable
    file: TomlFile
    index: int
    values: dict[str, Any]
    path: Path | None = None

    @property
    def identity(self) -> str:
        return identify(self.values[name] for name in self.table.model.named_by)

    @property
    def place(self) -> dict[str, int]:
        """The row's order in its table, if that matters."""
        return {"order": self.index} if self.table.model.is_ordered() else {}

    @property
    def named_by(self) -> dict[str, Any]:
        """The columns that name the row."""
        return {name: self.values[name] for name in self.table.model.named_by}

    @property
    def content(self) -> dict[str, Any]:
        """The row's content, as ``FromFile.content`` spells it."""
        return {name: value for name, value in self.values.items() if name not in self.table.model.named_by}

    def error(self, reason: str, *, field: str | None = None) -> ContentError:
        """Build the error about this record."""
        return self.file.error(self.table.name, self.index, reason, field=field)


# The records of every table, by its name.
type Content = dict[str, list[Record]]
