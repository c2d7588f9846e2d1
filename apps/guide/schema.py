"""The schema of the content files. Unknown keys, missing keys, wrong types and overlong text are errors.

An entry is a ``[[table]]`` block of a file. Most entries are one row of the database; a fact or score may be a row for
each of several models, and ``rows()`` splits it.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec

from apps.guide.models import Attribute, Better, Section, StatementKind, Status, plain

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
Slug = Annotated[str, msgspec.Meta(pattern=SLUG, max_length=50)]
Url = Annotated[str, msgspec.Meta(pattern=r"^https://\S+$", max_length=300)]
Letter = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]$")]
Number = Annotated[int, msgspec.Meta(ge=1, le=999)]
Short = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
Label = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
Unit = Annotated[str, msgspec.Meta(max_length=30)]
Aside = Annotated[str, msgspec.Meta(max_length=200)]
Note = Annotated[str, msgspec.Meta(max_length=300)]
Qualification = Annotated[str, msgspec.Meta(max_length=400)]
Repository = Annotated[str, msgspec.Meta(pattern=r"^[\w.-]+/[\w.-]+$", max_length=100)]
# A source's key, then its section: "paper §2.1".
CitationText = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]+( \S.{0,58})?$")]


# Far above any figure of the guide. NaN, infinity and larger numbers are refused, since they break calculations.
BEYOND = Decimal(10) ** 15


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """One record of a content file."""

    def __post_init__(self) -> None:
        for value in msgspec.structs.astuple(self):
            for number in value.values() if isinstance(value, dict) else [value]:
                if isinstance(number, Decimal) and not (number.is_finite() and abs(number) < BEYOND):
                    raise ValueError(f"{number} is not a number that can be calculated with")

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows that the entry stands for, each with all its columns."""
        yield {name: _plain(value) for name, value in msgspec.structs.asdict(self).items()}

    @classmethod
    def shared(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values that rows must share to be written as one entry."""
        return dict(row)

    @classmethod
    def merge(cls, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return the entry that stands for rows with the same ``shared``: the inverse of ``rows()``."""
        return cls.shared(rows[0])

    @classmethod
    def spell(cls, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return the entry for these rows as a file spells it: in the order of fields, without left-out values."""
        merged = cls.merge(rows)
        values = {field.name: merged[field.name] for field in msgspec.structs.fields(cls) if field.name in merged}
        return {name: _spelled(value) for name, value in values.items() if not cls._is_left_out(name, value)}

    @classmethod
    def _is_left_out(cls, name: str, value: Any) -> bool:
        field = next(field for field in msgspec.structs.fields(cls) if field.name == name)
        default = field.default
        if field.default_factory is not msgspec.NODEFAULT:
            default = field.default_factory()
        return default is not msgspec.NODEFAULT and value == default


class SourceEntry(Entry):
    """A published source; ``published_on`` is left out where the publisher gives no date."""

    key: Slug
    number: Number
    title: Line
    publisher: Title
    url: Url
    checked_on: date
    published_on: date | None = None
    note: Note = ""


class VariantEntry(Entry):
    """A variant; the order in the file is the order on pages."""

    slug: Slug
    name: Label
    letter: Letter
    summary: Line


class FeatureEntry(Entry):
    """A row of the comparison; the order in the file is the order in the table."""

    slug: Slug
    label: Label
    note: Aside = ""


class CellEntry(Entry):
    """The comparison's text about a feature of a variant."""

    feature: Slug
    variant: Slug
    text: Text
    kind: StatementKind
    qualification: Qualification = ""
    sources: list[CitationText] = []


class ModelEntry(Entry):
    """One of the twelve models; the order in the file is the order on pages."""

    slug: Slug
    name: Label
    variant: Slug
    size: Literal["7B", "13B", "34B", "70B"]
    repositories: Annotated[list[Repository], msgspec.Meta(min_length=1)]


class AttributeEntry(Entry):
    """Something known about every model; the order in the file is the order on pages."""

    slug: Slug
    label: Label
    group: Attribute.Group
    unit: Unit = ""
    note: Note = ""
    better: Better = Better.NEITHER


class ReadingEntry(Entry):
    """A statement of sources that disagree with a fact."""

    text: Text
    sources: Annotated[list[CitationText], msgspec.Meta(min_length=1)]
    number: Decimal | None = None
    note: Note = ""


class FactEntry(Entry):
    """A statement about an attribute of the named models: a fact for each."""

    attribute: Slug
    models: Annotated[list[Slug], msgspec.Meta(min_length=1)]
    text: Text
    kind: StatementKind
    number: Decimal | None = None
    support: Literal["", "yes", "no", "disputed", "unverified"] = ""
    status: Status = Status.AGREED
    qualification: Qualification = ""
    sources: list[CitationText] = []
    readings: list[ReadingEntry] = []
    checked_on: date | None = None

    def rows(self) -> Iterator[dict[str, Any]]:
        (row,) = super().rows()
        for model in row.pop("models"):
            yield {**row, "model": model}

    @classmethod
    def shared(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in row.items() if name != "model"}

    @classmethod
    def merge(cls, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return {**cls.shared(rows[0]), "models": [row["model"] for row in rows]}


class BenchmarkEntry(Entry):
    """A column of scores; the order in the file is the order on pages."""

    slug: Slug
    label: Title
    suite: Short
    metric: Short
    shots: Annotated[int, msgspec.Meta(ge=0, le=100)] | None = None
    language: Unit = ""
    unit: Unit = ""
    note: Note = ""
    better: Better = Better.NEITHER


class ScoreEntry(Entry):
    """Scores of a benchmark from one place in a source, by model; other models by their names."""

    benchmark: Slug
    kind: StatementKind
    numbers: dict[Slug, Decimal] = {}
    others: dict[Label, Decimal] = {}
    qualification: Qualification = ""
    sources: list[CitationText] = []
    checked_on: date | None = None

    def rows(self) -> Iterator[dict[str, Any]]:
        (row,) = super().rows()
        numbers, others = row.pop("numbers"), row.pop("others")
        for model, number in numbers.items():
            yield {**row, "model": model, "other": "", "number": plain(number)}
        for other, number in others.items():
            yield {**row, "model": "", "other": other, "number": plain(number)}

    @classmethod
    def shared(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in row.items() if name not in {"model", "other", "number"}}

    @classmethod
    def merge(cls, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        numbers = {row["model"]: row["number"] for row in rows if row["model"]}
        others = {row["other"]: row["number"] for row in rows if row["other"]}
        return {**cls.shared(rows[0]), "numbers": numbers, "others": others}


class TermEntry(Entry):
    """A word of the glossary."""

    slug: Slug
    term: Label
    definition: Annotated[str, msgspec.Meta(min_length=1)]
    see_also: list[Slug] = []
    sources: list[CitationText] = []


class PageEntry(Entry):
    """A page and the day of its last review against its sources; the order in the file is that of the guide."""

    slug: Slug
    title: Title
    summary: Text
    reviewed_on: date


class SectionEntry(Entry):
    """A part of a page: its Markdown file, whose first line is its heading and whose name is its anchor."""

    page: Slug
    file: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9/-]+\.md$")]
    variant: str = ""
    shows: Section.Shows = Section.Shows.NOTHING


def _plain(value: Any) -> Any:
    """Return a value as rows spell it."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Entry):
        return next(value.rows())
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, msgspec.Struct):
        return msgspec.to_builtins(value)
    return str(value).strip() if isinstance(value, str) else value


def _spelled(value: Any) -> Any:
    """Return a value; entries inside it leave out unset values too."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [ReadingEntry.spell([item]) for item in value]
    return value
