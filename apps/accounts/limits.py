"""The limits that a person, a group or an API key can have."""

from django.db import models


class LimitFields(models.Model):
    """Three limits. Empty leaves the limit to others, such as the settings; 0 means no limit."""

    generations_at_once = models.PositiveIntegerField(null=True, blank=True, help_text="That wait or run.")
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True, help_text="For a reply.")
    tokens_per_day = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="Read and written, from midnight to midnight UTC."
    )

    class Meta:
        abstract = True
