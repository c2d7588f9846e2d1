"""The tables of the guide's search: every passage once, and every word. Rebuilt from the other rows."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class Passage(models.Model):
    """A piece of the guide that search can find: its text without markup, and its address."""

    class Kind(models.TextChoices):
        """The kind of a passage, in the words of the results."""

        PAGE = "page", "Page"
        SECTION = "section", "Section"
        VARIANTS = "variants", "Variants compared"
        MODEL = "model", "Model"
        FACT = "fact", "Fact"
        BENCHMARK = "benchmark", "Benchmark"
        HARDWARE = "hardware", "Hardware"
        TERM = "term", "Glossary"
        SOURCE = "source", "Source"

    kind = models.CharField(max_length=10, choices=Kind)
    title = models.CharField(max_length=200)
    within = models.CharField(max_length=120, blank=True, help_text="The title of the page that it is on.")
    url = models.CharField(max_length=300)
    body = models.TextField()
    title_words = models.TextField(editable=False, default="", help_text="The words of the title, as they are indexed.")
    body_words = models.TextField(editable=False, default="", help_text="The words of the text, as they are indexed.")
    vector = SearchVectorField(null=True, editable=False)
    order = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["order"]
        indexes = [GinIndex(fields=["vector"], name="guide_passage_words")]
        constraints = [models.UniqueConstraint(fields=["order"], name="guide_one_passage_each")]

    def __str__(self) -> str:
        return self.title


class Word(models.Model):
    """A word that is in the guide, for suggestions to those who mistype it."""

    word = models.CharField(max_length=80, unique=True)
    passages = models.PositiveIntegerField(help_text="How many have it.")

    class Meta:
        ordering = ["word"]

    def __str__(self) -> str:
        return self.word
