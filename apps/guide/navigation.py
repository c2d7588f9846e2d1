"""The guide's table of contents: groups of pages in reading order, and the way from each to the next. Asks no database.

A page that a part of the guide adds gets a line here; its URL is named in ``apps/guide/urls.py``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.urls import reverse

SIZES = ("7B", "13B", "34B", "70B")
VARIANTS = {"base": "Base", "python": "Python", "instruct": "Instruct"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One page: what it is called in lists, and the name and arguments of its URL."""

    title: str
    name: str
    slug: str = ""

    @property
    def url(self) -> str:
        return reverse(f"guide:{self.name}", args=[self.slug] if self.slug else [])

    @property
    def page(self) -> str:
        """The slug of the page's row in the database; models share that of their list."""
        if self.name == "variant":
            return f"variant-{self.slug}"
        return {"home": "overview", "model": "models"}.get(self.name, self.slug or self.name)


@dataclass(frozen=True, slots=True)
class Group:
    """Pages under one heading."""

    title: str
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class ModelRow:
    """The four models of a variant, for the small table of models."""

    variant: str
    letter: str
    name: str
    entries: Sequence[tuple[str, Entry]]


def model_slug(variant: str, size: str) -> str:
    """Return what names a model in URLs, such as “7b-base”."""
    return f"{size.lower()}-{variant}"


def model_entry(variant: str, size: str) -> Entry:
    return Entry(f"{size} {VARIANTS[variant]}", "model", model_slug(variant, size))


OVERVIEW = Entry("Overview", "home")
MODELS = Entry("The twelve models", "models")
GROUPS = (
    Group("Start", (OVERVIEW,)),
    Group("Variants", tuple(Entry(name, "variant", slug) for slug, name in VARIANTS.items())),
    Group("Models", (MODELS,)),
    Group(
        "Choosing",
        (
            Entry("Choose a model", "choose"),
            Entry("Compare", "compare"),
            Entry("Benchmarks", "benchmarks"),
            Entry("Hardware", "hardware"),
            Entry("Quantization", "page", "quantization"),
            Entry("Still the right choice?", "page", "alternatives"),
        ),
    ),
    Group(
        "Using them",
        (
            Entry("Prompting", "prompting"),
            Entry("Context windows", "page", "context"),
            Entry("Running on TGI", "running"),
            Entry("GGUF, CPU and Apple", "page", "local"),
            Entry("Fine-tuning", "page", "fine-tuning"),
            Entry("Pitfalls", "page", "pitfalls"),
            Entry("Questions people ask", "page", "questions"),
        ),
    ),
    Group(
        "Reference",
        (
            Entry("Licence", "page", "licence"),
            Entry("Responsible use", "page", "responsible-use"),
            Entry("Glossary", "glossary"),
            Entry("Sources", "sources"),
        ),
    ),
)
MODEL_ROWS = tuple(
    ModelRow(slug, name[0], name, tuple((size, model_entry(slug, size)) for size in SIZES))
    for slug, name in VARIANTS.items()
)


def all_entries() -> Iterator[Entry]:
    """Every page in reading order; the models follow their list."""
    for group in GROUPS:
        yield from group.entries
        if MODELS in group.entries:
            yield from (entry for row in MODEL_ROWS for _, entry in row.entries)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page stands: its group, and its neighbours; all empty for an address that is no page."""

    entry: Entry | None = None
    group: str = ""
    previous: Entry | None = None
    following: Entry | None = None


def find_place(path: str) -> Place:
    """Return the place of the page at ``path``."""
    entries = list(all_entries())
    urls = [entry.url for entry in entries]
    if path not in urls:
        return Place()
    index = urls.index(path)
    entry = entries[index]
    return Place(
        entry=entry,
        group=next((group.title for group in GROUPS if entry in group.entries), "Models"),
        previous=entries[index - 1] if index else None,
        following=entries[index + 1] if index + 1 < len(entries) else None,
    )
