"""What the content files may say. Unknown keys, missing keys, wrong types and overlong text are errors."""

from datetime import date
from typing import Annotated, Literal

import msgspec

Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=50)]
Url = Annotated[str, msgspec.Meta(pattern=r"^https://\S+$", max_length=300)]
Letter = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]$")]
Number = Annotated[int, msgspec.Meta(ge=1, le=999)]
Label = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
Aside = Annotated[str, msgspec.Meta(max_length=200)]
Qualification = Annotated[str, msgspec.Meta(max_length=400)]
# A source's key, then where in it: "paper §2.1".
CitationText = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]+( \S.{0,58})?$")]


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """One record of a content file."""


class SourceEntry(Entry):
    """A published source; ``published_on`` is left out where the publisher gives no date."""

    key: Slug
    number: Number
    title: Line
    publisher: Title
    url: Url
    checked_on: date
    published_on: date | None = None
    note: Aside = ""


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
    """What the comparison says about a feature of a variant."""

    feature: Slug
    variant: Slug
    text: Text
    kind: Literal["vendor", "paper", "computed", "measured", "judgement"]
    qualification: Qualification = ""
    sources: list[CitationText] = []


class PageEntry(Entry):
    """A page and the day somebody last read it against its sources."""

    slug: Slug
    title: Title
    summary: Text
    reviewed_on: date


class SectionEntry(Entry):
    """A part of a page: its Markdown file, whose first line is its heading and whose name is its anchor."""

    page: Slug
    file: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9/-]+\.md$")]
    variant: str = ""
    shows: Literal["", "comparison"] = ""


class SourcesFile(Entry):
    """``sources.toml``."""

    sources: list[SourceEntry]


class ComparisonFile(Entry):
    """``comparison.toml``."""

    variants: list[VariantEntry]
    features: list[FeatureEntry]
    cells: list[CellEntry]


class PagesFile(Entry):
    """``pages.toml``."""

    pages: list[PageEntry]
    sections: list[SectionEntry]


class Prose(msgspec.Struct, frozen=True):
    """A Markdown file, taken apart."""

    title: str
    body: str


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """All content files, read and found to agree with each other; ``prose`` is by section file."""

    sources: list[SourceEntry]
    variants: list[VariantEntry]
    features: list[FeatureEntry]
    cells: list[CellEntry]
    pages: list[PageEntry]
    sections: list[SectionEntry]
    prose: dict[str, Prose]
