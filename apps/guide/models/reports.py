"""Errors that readers have found."""

from django.conf import settings
from django.db import models


class ErrorReport(models.Model):
    """A reader's report of an error on a page. ``contact`` may be empty."""

    page = models.CharField(max_length=300, help_text="The path of the page.")
    text = models.TextField("what is wrong")
    contact = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    is_settled = models.BooleanField("settled", default=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "error report"

    def __str__(self) -> str:
        return f"{self.page}: {self.text[:60]}"
