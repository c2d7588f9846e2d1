"""The glossary."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from apps.guide.models.base import FromFile


class Term(FromFile):
    """A word of the guide, explained in Markdown with ``[@key place]`` citations as in sections."""

    named_by = ["slug"]
    says = ["term", "definition", "see_also"]
    with_rows = ["citations"]

    slug = models.SlugField(unique=True)
    term = models.CharField(max_length=80)
    definition = models.TextField()
    see_also = ArrayField(models.SlugField(), default=list, blank=True, help_text="Slugs of other terms.")

    class Meta:
        ordering = ["term"]

    def __str__(self) -> str:
        return self.term
