"""Benchmarks and the models' scores in them."""

from datetime import date

from django.db import models
from django.db.models import Q

from apps.guide.models.base import FromFile, StatementKind
from apps.guide.models.facts import Better, CodeModel, earliest_check


class Benchmark(FromFile):
    """One column of published scores: a suite, a metric, and for some a language or a way of asking."""

    named_by = ["slug"]
    says = ["label", "suite", "metric", "shots", "language", "unit", "note", "better"]

    slug = models.SlugField(unique=True)
    label = models.CharField(max_length=80)
    suite = models.CharField(max_length=40, help_text="“HumanEval”, “MBPP” …: what stands in one chart or table.")
    metric = models.CharField(max_length=40, help_text="“pass@1”, “exact match” …")
    shots = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Examples in the prompt; empty where the source does not say."
    )
    language = models.CharField(max_length=30, blank=True)
    unit = models.CharField(max_length=30, blank=True)
    note = models.CharField(max_length=300, blank=True, help_text="How it was measured, and how to read it.")
    better = models.CharField(max_length=6, choices=Better, blank=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "slug"]

    def __str__(self) -> str:
        return self.label

    @property
    def method(self) -> str:
        """The metric and the number of examples in the prompt, where it is known: “pass@1, 0-shot”."""
        return self.metric if self.shots is None else f"{self.metric}, {self.shots}-shot"

    @property
    def unsaid_method(self) -> str:
        """The part of the method that the label does not say."""
        return ", ".join(part for part in self.method.split(", ") if part not in self.label)

    @property
    def full_label(self) -> str:
        """The label with the whole method: “MBPP, pass@1, 3-shot”."""
        return ", ".join(part for part in (self.label, self.unsaid_method) if part)


class Score(FromFile):
    """The score of one model; ``other`` names a model beside the twelve, quoted for comparison."""

    named_by = ["benchmark", "model", "other"]
    says = ["number", "kind", "qualification", "checked_on"]
    with_rows = ["citations"]

    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="scores")
    model = models.ForeignKey(CodeModel, on_delete=models.PROTECT, null=True, blank=True, related_name="scores")
    other = models.CharField(max_length=60, blank=True, help_text="Instead of a model: the name of another one.")
    number = models.DecimalField(max_digits=8, decimal_places=2)
    kind = models.CharField(max_length=10, choices=StatementKind)
    qualification = models.CharField(max_length=400, blank=True)
    checked_on = models.DateField(null=True, blank=True, help_text="Empty: when its sources were checked.")

    class Meta:
        ordering = ["benchmark__order", "model__order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["benchmark", "model", "other"], name="guide_one_score_each", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(model__isnull=True) ^ Q(other=""), name="guide_score_of_one_model"),
        ]

    def __str__(self) -> str:
        return f"{self.benchmark}: {self.model or self.other}"

    @property
    def text(self) -> str:
        """The number as papers print it: with one place, or two where it has them."""
        return f"{self.number:.2f}".removesuffix("0")

    @property
    def checked(self) -> date | None:
        """The day of the last comparison with sources: the score's own day, or the earliest day of its sources."""
        return self.checked_on or earliest_check(self.citations.all())
