"""What the guide knows: sources, variants, the comparison, and pages of prose.

Every row can be traced to a content file: ``content()`` is the row as the file spells it, and ``loaded_digest`` the
digest of what was last loaded, so that a change made in the admin is noticed (``services/load.py``).
"""

import hashlib
import json
from typing import Any

from django.db import models


def digest(content: dict[str, Any]) -> str:
    """Return the SHA-256 of a row's content, in hexadecimal."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


class FromFile(models.Model):
    """A row that ``load_guide`` may have written; an empty digest means that it was made in the admin."""

    loaded_digest = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def identity(self) -> str:
        """What names the row in content files and reports; never changes."""
        raise NotImplementedError

    @property
    def is_edited(self) -> bool:
        """Whether the row no longer says what was last loaded into it; one made in the admin counts as edited."""
        return digest(self.content()) != self.loaded_digest

    def content(self) -> dict[str, Any]:
        """Return the row as its content file spells it, without its identity."""
        raise NotImplementedError


class Source(FromFile):
    """Something published that a statement rests on. The number is what readers see, and is never given away again."""

    key = models.SlugField(unique=True)
    number = models.PositiveSmallIntegerField(unique=True)
    title = models.CharField(max_length=200)
    publisher = models.CharField(max_length=100)
    published_on = models.DateField(null=True, blank=True, help_text="Empty when the publisher gives no date.")
    url = models.URLField(max_length=300)
    checked_on = models.DateField(help_text="When its statements were last compared with ours.")
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"[{self.number}] {self.title}"

    @property
    def identity(self) -> str:
        return self.key

    def content(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "title": self.title,
            "publisher": self.publisher,
            "published_on": self.published_on,
            "url": self.url,
            "checked_on": self.checked_on,
            "note": self.note,
        }


class Variant(FromFile):
    """One of the three kinds of Code Llama. Slug and letter choose its hue and mark everywhere."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=60)
    letter = models.CharField(max_length=1, unique=True)
    order = models.PositiveSmallIntegerField(default=0)
    summary = models.CharField(max_length=200, help_text="One line: what it is for.")

    class Meta:
        ordering = ["order", "slug"]

    def __str__(self) -> str:
        return self.name

    @property
    def identity(self) -> str:
        return self.slug

    def content(self) -> dict[str, Any]:
        return {"name": self.name, "letter": self.letter, "order": self.order, "summary": self.summary}


class Feature(FromFile):
    """A row of the comparison."""

    slug = models.SlugField(unique=True)
    label = models.CharField(max_length=80)
    order = models.PositiveSmallIntegerField(default=0)
    note = models.CharField(max_length=200, blank=True, help_text="Shown under the label: unit, or how to read it.")

    class Meta:
        ordering = ["order", "slug"]

    def __str__(self) -> str:
        return self.label

    @property
    def identity(self) -> str:
        return self.slug

    def content(self) -> dict[str, Any]:
        return {"label": self.label, "order": self.order, "note": self.note}


class Kind(models.TextChoices):
    """What a statement rests on."""

    VENDOR = "vendor", "Vendor’s statement"
    PAPER = "paper", "Paper’s result"
    COMPUTED = "computed", "Computed here"
    MEASURED = "measured", "Measured here"
    JUDGEMENT = "judgement", "Our judgement"


class Cell(FromFile):
    """What the comparison says about one feature of one variant."""

    feature = models.ForeignKey(Feature, on_delete=models.PROTECT, related_name="cells")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="cells")
    text = models.CharField(max_length=300)
    kind = models.CharField(max_length=10, choices=Kind)
    qualification = models.CharField(max_length=400, blank=True, help_text="What a reader must know beside the text.")
    sources = models.ManyToManyField(Source, through="Citation", related_name="cells")

    class Meta:
        ordering = ["feature__order", "variant__order"]
        constraints = [models.UniqueConstraint(fields=["feature", "variant"], name="guide_one_cell_each")]

    def __str__(self) -> str:
        return f"{self.feature}: {self.variant}"

    @property
    def identity(self) -> str:
        return f"{self.feature.slug}/{self.variant.slug}"

    def content(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "kind": self.kind,
            "qualification": self.qualification,
            "sources": [citation.spelling for citation in self.citations.all()],
        }


class Citation(models.Model):
    """Where in a source the statement of a cell is found."""

    cell = models.ForeignKey(Cell, on_delete=models.CASCADE, related_name="citations")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="citations")
    locator = models.CharField(max_length=60, blank=True, help_text="Section or table, for example “§2.1”.")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [models.UniqueConstraint(fields=["cell", "source", "locator"], name="guide_cite_once")]

    def __str__(self) -> str:
        return self.spelling

    @property
    def spelling(self) -> str:
        """As content files write it: the source's key, then the place."""
        return f"{self.source.key} {self.locator}".strip()


class Page(FromFile):
    """A page of the guide: its title, what it promises, and when somebody last read it against the sources."""

    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=120)
    summary = models.CharField(max_length=300)
    reviewed_on = models.DateField()

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.title

    @property
    def identity(self) -> str:
        return self.slug

    def content(self) -> dict[str, Any]:
        return {"title": self.title, "summary": self.summary, "reviewed_on": self.reviewed_on}


class Section(FromFile):
    """A part of a page under its own heading, in Markdown, with ``[@key place]`` where it cites a source."""

    class Shows(models.TextChoices):
        """What stands under the prose."""

        NOTHING = "", "Nothing"
        COMPARISON = "comparison", "The comparison of the variants"

    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="sections")
    slug = models.SlugField()
    title = models.CharField(max_length=120)
    order = models.PositiveSmallIntegerField(default=0)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, null=True, blank=True, related_name="sections")
    shows = models.CharField(max_length=20, choices=Shows, blank=True)
    body = models.TextField()

    class Meta:
        ordering = ["page__slug", "order"]
        constraints = [models.UniqueConstraint(fields=["page", "slug"], name="guide_one_anchor_each")]

    def __str__(self) -> str:
        return self.title

    @property
    def identity(self) -> str:
        return f"{self.page.slug}/{self.slug}"

    def content(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "order": self.order,
            "variant": self.variant.slug if self.variant else "",
            "shows": self.shows,
            "body": self.body,
        }
