"""Former contents of rows: a revision per change in the admin, by a load or by a revert."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class Revision(models.Model):
    """A row's content after one change, spelled as in its file; ``table`` and ``identity`` name the row."""

    class Cause(models.TextChoices):
        """The cause of a revision."""

        BEFORE = "before", "Before the first change"
        EDITED = "edited", "Edited in the admin"
        LOADED = "loaded", "Loaded from the content files"
        REVERTED = "reverted", "Reverted"

    table = models.CharField(max_length=40)
    identity = models.CharField(max_length=200)
    content = models.JSONField(encoder=DjangoJSONEncoder)
    cause = models.CharField(max_length=10, choices=Cause)
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["table", "identity", "-id"], name="guide_revisions_of_row")]

    def __str__(self) -> str:
        return f"{self.table} {self.identity}, {self.made_at:%Y-%m-%d %H:%M}"
