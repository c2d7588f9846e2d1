"""Pages of prose, and their sections."""

from django.db import models

from apps.guide.models.base import FromFile
from apps.guide.models.comparison import Variant


class Page(FromFile):
    """A page of the guide: its title, its summary, and the day of its last review against the sources."""

    named_by = ["slug"]
    says = ["title", "summary", "reviewed_on"]

    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=120)
    summary = models.CharField(max_length=300)
    reviewed_on = models.DateField()
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "slug"]

    def __str__(self) -> str:
        return self.title


class Section(FromFile):
    """A part of a page under its own heading, in Markdown, with ``[@key place]`` where it cites a source."""

    named_by = ["page", "slug"]
    says = ["title", "variant", "shows", "body"]

    class Shows(models.TextChoices):
        """The table or list under the prose."""

        NOTHING = "", "Nothing"
        COMPARISON = "comparison", "The comparison of the variants"

    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="sections")
    slug = models.SlugField()
    title = models.CharField(max_length=120)
    order = models.PositiveSmallIntegerField(default=0)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, null=True, blank=True, related_name="sections")
    shows = models.CharField(max_length=20, blank=True, help_text="What stands under the prose, if anything.")
    body = models.TextField()

    class Meta:
        ordering = ["page__order", "page__slug", "order"]
        constraints = [models.UniqueConstraint(fields=["page", "slug"], name="guide_one_anchor_each")]

    def __str__(self) -> str:
        return self.title
