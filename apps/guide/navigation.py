"""The guide's table of contents: groups of pages in reading order, each page with its neighbours. Asks no database.

Add a line here for every new page; its URL stands in ``apps/guide/urls.py``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.urls import reverse

SIZES = ("7B", "13B", "34B", "70B")
VARIANTS = {"base": "Base", "python": "Python", "instruct": "Instruct"}


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """One page: its title in lists, and the name and arguments of its URL."""

    title: str
    name: str
    slug: str = ""

    @property
    def url(self) -> str:
        return reverse(f"guide:{self.name}", args=[self.slug] if self.slug else [])

    @property
    def page(self) -> str:
        """The slug of the page's row in the database; a model's page has the slug of the list."""
        if self.name == "variant":
            return f"variant-{self.slug}"
        return {"home": "overview", "model": "models"}.get(self.name, self.slug or self.name)


@dataclass(frozen=True, slots=True)
class PageGroup:
    """Pages under one heading."""

    title: str
    entries: Sequence[NavigationEntry]


@dataclass(frozen=True, slots=True)
class ModelRow:
    """The four models of a variant, for the small table of models."""

    variant: str
    letter: str
    name: str
    entries: Sequence[tuple[str, NavigationEntry]]


def model_slug(variant: str, size: str) -> str:
    """Return a model's slug in URLs, such as “7b-base”."""
    return f"{size.lower()}-{variant}"


def model_entry(variant: str, size: str) -> NavigationEntry:
    return NavigationEntry(f"{size} {VARIANTS[variant]}", "model", model_slug(variant, size))


OVERVIEW = NavigationEntry("Overview", "home")
MODELS = NavigationEntry("The twelve models", "models")
GROUPS = (
    PageGroup("Start", (OVERVIEW,)),
    PageGroup("Variants", tuple(NavigationEntry(name, "variant", slug) for slug, name in VARIANTS.items())),
    PageGroup("Models", (MODELS,)),
    PageGroup(
        "Choosing",
        (
            NavigationEntry("Choose a model", "choose"),
            NavigationEntry("Compare", "compare"),
            NavigationEntry("Benchmarks", "benchmarks"),
            NavigationEntry("Hardware", "hardware"),
            NavigationEntry("Quantization", "page", "quantization"),
            NavigationEntry("Still the right choice?", "page", "alternatives"),
        ),
    ),
    PageGroup(
        "Using them",
        (
            NavigationEntry("Prompting", "prompting"),
            NavigationEntry("Context windows", "page", "context"),
            NavigationEntry("Running on TGI", "running"),
            NavigationEntry("GGUF, CPU and Apple", "page", "local"),
            NavigationEntry("Fine-tuning", "page", "fine-tuning"),
            NavigationEntry("Pitfalls", "page", "pitfalls"),
            NavigationEntry("Questions people ask", "page", "questions"),
        ),
    ),
    PageGroup(
        "Reference",
        (
            NavigationEntry("Licence", "page", "licence"),
            NavigationEntry("Responsible use", "page", "responsible-use"),
            NavigationEntry("Glossary", "glossary"),
            NavigationEntry("Sources", "sources"),
        ),
    ),
)
MODEL_ROWS = tuple(
    ModelRow(slug, name[0], name, tuple((size, model_entry(slug, size)) for size in SIZES))
    for slug, name in VARIANTS.items()
)


def all_entries() -> Iterator[NavigationEntry]:
    """Every page in reading order; the models follow their list."""
    for group in GROUPS:
        yield from group.entries
        if MODELS in group.entries:
            yield from (entry for row in MODEL_ROWS for _, entry in row.entries)


@dataclass(frozen=True, slots=True)
class PagePosition:
    """A page's group and neighbours; all empty for an address without a page."""

    entry: NavigationEntry | None = None
    group: str = ""
    previous: NavigationEntry | None = None
    following: NavigationEntry | None = None


def find_place(path: str) -> PagePosition:
    """Return the place of the page at ``path``."""
    entries = list(all_entries())
    urls = [entry.url for entry in entries]
    if path not in urls:
        return PagePosition()
    index = urls.index(path)
    entry = entries[index]
    return PagePosition(
        entry=entry,
        group=next((group.title for group in GROUPS if entry in group.entries), "Models"),
        previous=entries[index - 1] if index else None,
        following=entries[index + 1] if index + 1 < len(entries) else None,
    )
