"""The twelve models and their facts: one fact per model and attribute, with readings of other sources."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from apps.guide.models.base import FromFile, StatementKind, spell
from apps.guide.models.comparison import Variant
from apps.guide.models.sources import Citation


class Better(models.TextChoices):
    """The better numbers of an attribute or benchmark: the higher or the lower."""

    HIGHER = "higher", "Higher is better"
    LOWER = "lower", "Lower is better"
    NEITHER = "", "Neither"


class Status(models.TextChoices):
    """The agreement of the sources on a fact."""

    AGREED = "agreed", "Sources agree"
    CONFLICT = "conflict", "Sources disagree"
    UNVERIFIED = "unverified", "Not verified"


class Support(models.TextChoices):
    """The ability of a model to do something, for filters; empty if an attribute is no ability."""

    YES = "yes", "Yes"
    NO = "no", "No"
    DISPUTED = "disputed", "Disputed"
    UNVERIFIED = "unverified", "Not verified"


class CodeModel(FromFile):
    """One of the twelve models: a variant in a size. The slug is ``<size>-<variant>``, for example ``7b-base``."""

    named_by = ["slug"]
    says = ["name", "variant", "size", "repositories"]

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=60)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="models")
    size = models.CharField(max_length=4, help_text="“7B”, “13B”, “34B” or “70B”.")
    repositories = ArrayField(models.CharField(max_length=100), help_text="On Hugging Face; the open mirror first.")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "slug"]
        verbose_name = "model"
        constraints = [models.UniqueConstraint(fields=["variant", "size"], name="guide_one_model_each")]

    def __str__(self) -> str:
        return self.name

    @property
    def hf_id(self) -> str:
        """The repository to load it from that needs no sign-in."""
        return self.repositories[0] if self.repositories else ""


class Attribute(FromFile):
    """Something that is known about every model: a row of the full comparison."""

    class Group(models.TextChoices):
        """The headings under which attributes stand, in the order of pages."""

        RELEASE = "release", "Release and licence"
        TRAINING = "training", "Training"
        ABILITIES = "abilities", "What it can do"
        CONTEXT = "context", "Context"
        ARCHITECTURE = "architecture", "Architecture"
        MEMORY = "memory", "Memory"

    named_by = ["slug"]
    says = ["label", "group", "unit", "note", "better"]

    slug = models.SlugField(unique=True)
    label = models.CharField(max_length=80)
    group = models.CharField(max_length=20, choices=Group)
    unit = models.CharField(max_length=30, blank=True)
    note = models.CharField(max_length=300, blank=True, help_text="How to read it.")
    better = models.CharField(max_length=6, choices=Better, blank=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "slug"]

    def __str__(self) -> str:
        return self.label


class Fact(FromFile):
    """The guide's statement about an attribute of a model; ``readings`` hold the sources that disagree."""

    named_by = ["model", "attribute"]
    says = ["text", "number", "support", "kind", "status", "qualification", "checked_on"]
    with_rows = ["citations", "readings"]

    model = models.ForeignKey(CodeModel, on_delete=models.PROTECT, related_name="facts")
    attribute = models.ForeignKey(Attribute, on_delete=models.PROTECT, related_name="facts")
    text = models.CharField(max_length=300, help_text="As readers see it, without the unit.")
    number = models.DecimalField(
        max_digits=20, decimal_places=4, null=True, blank=True, help_text="For sorting and reckoning."
    )
    support = models.CharField(max_length=10, choices=Support, blank=True, help_text="Of an ability.")
    kind = models.CharField(max_length=10, choices=StatementKind)
    status = models.CharField(max_length=10, choices=Status, default=Status.AGREED)
    qualification = models.CharField(max_length=400, blank=True, help_text="What a reader must know beside the text.")
    checked_on = models.DateField(null=True, blank=True, help_text="Empty: when its sources were checked.")

    class Meta:
        ordering = ["attribute__order", "model__order"]
        constraints = [models.UniqueConstraint(fields=["model", "attribute"], name="guide_one_fact_each")]

    def __str__(self) -> str:
        return f"{self.attribute}: {self.model}"

    @property
    def checked(self) -> date | None:
        """The day of the last comparison with sources: the fact's own day, or the earliest day of its sources."""
        return self.checked_on or earliest_check(self.citations.all())

    def content(self) -> dict[str, Any]:
        return {**super().content(), "readings": [reading.content() for reading in self.readings.all()]}


class Reading(models.Model):
    """A source's statement that disagrees with a fact."""

    fact = models.ForeignKey(Fact, on_delete=models.CASCADE, related_name="readings")
    text = models.CharField(max_length=300)
    number = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.text

    def content(self) -> dict[str, Any]:
        """Return the reading as content files spell it."""
        sources = [citation.spelling for citation in self.citations.all()]
        return {"text": self.text, "number": spell(self.number), "note": self.note, "sources": sources}


def earliest_check(citations: Iterable[Citation]) -> date | None:
    """Return the earliest day on which one of the sources was last checked."""
    return min((citation.source.checked_on for citation in citations), default=None)
