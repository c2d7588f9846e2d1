"""The three variants and their comparison."""

from django.db import models

from apps.guide.models.base import FromFile, StatementKind
from apps.guide.models.sources import Citation, Source


class Variant(FromFile):
    """One of the three kinds of Code Llama. Slug and letter choose its hue and mark everywhere."""

    named_by = ["slug"]
    says = ["name", "letter", "summary"]

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=60)
    letter = models.CharField(max_length=1, unique=True)
    order = models.PositiveSmallIntegerField(default=0)
    summary = models.CharField(max_length=200, help_text="One line: what it is for.")

    class Meta:
        ordering = ["order", "slug"]

    def __str__(self) -> str:
        return self.name


class Feature(FromFile):
    """A row of the comparison."""

    named_by = ["slug"]
    says = ["label", "note"]

    slug = models.SlugField(unique=True)
    label = models.CharField(max_length=80)
    order = models.PositiveSmallIntegerField(default=0)
    note = models.CharField(max_length=200, blank=True, help_text="Shown under the label: unit, or how to read it.")

    class Meta:
        ordering = ["order", "slug"]

    def __str__(self) -> str:
        return self.label


class Cell(FromFile):
    """The comparison's text about one feature of one variant."""

    named_by = ["feature", "variant"]
    says = ["text", "kind", "qualification"]
    with_rows = ["citations"]

    feature = models.ForeignKey(Feature, on_delete=models.PROTECT, related_name="cells")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="cells")
    text = models.CharField(max_length=300)
    kind = models.CharField(max_length=10, choices=StatementKind)
    qualification = models.CharField(max_length=400, blank=True, help_text="What a reader must know beside the text.")
    sources = models.ManyToManyField(Source, through=Citation, related_name="cells")

    class Meta:
        ordering = ["feature__order", "variant__order"]
        constraints = [models.UniqueConstraint(fields=["feature", "variant"], name="guide_one_cell_each")]

    def __str__(self) -> str:
        return f"{self.feature}: {self.variant}"
