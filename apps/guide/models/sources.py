"""Sources, and the citations that statements make of them."""

from django.db import models
from django.db.models import Q

from apps.guide.models.base import FromFile

# The models that can cite a source; their names are also the columns of a citation.
CITING = ("cell", "fact", "reading", "score", "term", "gpu", "quantization", "server", "rule")


class Source(FromFile):
    """A publication that statements cite. Readers see its number, which is never reused."""

    named_by = ["key"]
    says = ["number", "title", "publisher", "published_on", "url", "checked_on", "note"]

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


class Citation(models.Model):
    """The section of a source that a statement cites. It belongs to exactly one row, such as a fact or a score."""

    cell = models.ForeignKey("Cell", on_delete=models.CASCADE, null=True, blank=True, related_name="citations")
    fact = models.ForeignKey("Fact", on_delete=models.CASCADE, null=True, blank=True, related_name="citations")
    reading = models.ForeignKey("Reading", on_delete=models.CASCADE, null=True, blank=True, related_name="citations")
    score = models.ForeignKey("Score", on_delete=models.CASCADE, null=True, blank=True, related_name="citations")
    term = models.ForeignKey("Term", on_delete=models.CASCADE, null=True, blank=True, related_name="citations")
    gpu = models.ForeignKey("Gpu", on_delete=models.CASCADE, null=True, blank=True, related_name="citations")
    quantization = models.ForeignKey(
        "Quantization", on_delete=models.CASCADE, null=True, blank=True, related_name="citations"
    )
    server = models.ForeignKey("Server", on_delete=models.CASCADE, null=True, blank=True, related_name="citations")
    rule = models.ForeignKey("Rule", on_delete=models.CASCADE, null=True, blank=True, related_name="citations")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="citations")
    locator = models.CharField(max_length=60, blank=True, help_text="Section or table, for example “§2.1”.")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=[*CITING, "source", "locator"], name="guide_cite_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q.create(
                    [Q(**{f"{other}__isnull": other != name for other in CITING}) for name in CITING],
                    connector=Q.OR,
                ),
                name="guide_citation_of_one_row",
            ),
        ]

    def __str__(self) -> str:
        return self.spelling

    @property
    def spelling(self) -> str:
        """Return it as content files write it: the source's key, then the place."""
        return f"{self.source.key} {self.locator}".strip()

    @property
    def owner(self) -> models.Model:
        """The row that cites."""
        owner: models.Model = next(row for name in CITING if (row := getattr(self, name)) is not None)
        return owner
