"""Changes of an endpoint's configuration."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import UUID7, Now

from apps.endpoints.models.endpoint import Endpoint


class EndpointChange(models.Model):
    """One change, by one person or from the command line. It outlives the endpoint and the person.

    ``changes`` is a list of ``{"field", "before", "after"}``; for a token it only says "set" or "cleared".
    """

    id = models.UUIDField(primary_key=True, db_default=UUID7(), editable=False)
    endpoint = models.ForeignKey(Endpoint, null=True, blank=True, on_delete=models.SET_NULL, related_name="changes")
    endpoint_name = models.CharField(max_length=100)
    at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    by_name = models.CharField(max_length=150, help_text="The user's name at the time, or “command line”.")
    changes = models.JSONField(default=list)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["endpoint", "-at"], name="change_of_endpoint")]

    def __str__(self) -> str:
        return f"{self.endpoint_name}: {self.summary}"

    @property
    def summary(self) -> str:
        """Return the change in words: “priority: 0 → 3; token set”."""
        return "; ".join(_words(change) for change in self.changes)


def _words(change: dict[str, Any]) -> str:
    if "before" not in change:
        return f"{change['field']} {change['after']}"
    return f"{change['field']}: {_shown(change['before'])} → {_shown(change['after'])}"


def _shown(value: Any) -> str:
    return "none" if value in (None, "", [], {}) else str(value)
