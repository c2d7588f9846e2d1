"""Folders of conversations, of one level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse

from apps.inference.requests import SAMPLING_PARAMETERS

if TYPE_CHECKING:
    from apps.accounts.models import User


class FolderQuerySet(models.QuerySet["Folder"]):
    def owned_by(self, user: User) -> Self:
        """Select the user's own folders, which they alone see."""
        return self.filter(owner=user).order_by("name", "pk")


class Folder(models.Model):
    """Conversations of one person under a name. Conversations that begin in the folder get its settings."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="folders")
    name = models.CharField(max_length=60)
    system_prompt = models.TextField(default="", blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                name="folder_name_once_per_person",
                violation_error_message="You have a folder of this name.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)  # not the name, which is a person's text: the admin writes this into its history

    def get_absolute_url(self) -> str:
        return reverse("chat:folder", args=[self.pk])

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of a conversation that begins in this folder."""
        return {
            "system_prompt": self.system_prompt,
            **{name: self.parameters.get(name) for name in SAMPLING_PARAMETERS},
        }
