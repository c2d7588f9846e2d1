"""Presets: a system prompt, sampling parameters and the beginning of a question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from apps.accounts.groups import usable_by
from apps.inference.requests import SAMPLING_PARAMETERS

if TYPE_CHECKING:
    from apps.accounts.models import User

CODE_MARK = "{code}"


class PresetQuerySet(models.QuerySet["Preset"]):
    def visible_to(self, user: User | int) -> Self:
        """Select the presets that the user may choose: those for everybody and for their groups, then their own.

        A number is the user's id.
        """
        user_id = user if isinstance(user, int) else user.pk
        offered = Q(owner=None, is_offered=True) & usable_by(user_id, things="presets")
        theirs = self.filter(Q(owner=user_id) | offered)
        return theirs.order_by(F("owner").asc(nulls_first=True), "place", "name", "pk")

    def owned_by(self, user: User) -> Self:
        """Select the user's own presets, which they may change."""
        return self.filter(owner=user).order_by("name", "pk")

    def for_everybody(self) -> Self:
        """Select the presets that admins edit."""
        return self.filter(owner=None)


class Preset(models.Model):
    """One person's preset. Without an owner it is for everybody or for ``groups``, while ``is_offered``.

    ``opening`` begins a question, with ``{code}`` in the place of the code. Presets that came with the project have a
    ``key``, and ``loaded`` is their content at the last load: a preset that differs from it has been edited.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="presets"
    )
    key = models.SlugField(default="", blank=True, editable=False, db_index=False)
    name = models.CharField(max_length=60)
    description = models.CharField(max_length=200, default="", blank=True)
    system_prompt = models.TextField(default="", blank=True)
    opening = models.TextField(default="", blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    place = models.PositiveSmallIntegerField(default=0, help_text="Lower ones come first.")
    is_offered = models.BooleanField("offered", default=True)
    groups = models.ManyToManyField(
        "auth.Group", blank=True, related_name="presets", help_text="Who may use it. Without a group, everybody may."
    )
    loaded = models.JSONField(default=dict, blank=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = PresetQuerySet.as_manager()

    class Meta:
        ordering = ["place", "name"]
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="preset_once_per_key"),
            models.UniqueConstraint(
                fields=["owner", "name"],
                condition=Q(owner__isnull=False),
                name="preset_name_once_per_person",
                violation_error_message="You have a preset of this name.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def content(self) -> dict[str, Any]:
        """The preset's content in the form of the content file."""
        names = ("name", "description", "system_prompt", "opening", "parameters", "place")
        return {name: getattr(self, name) for name in names}

    @property
    def settings(self) -> dict[str, Any]:
        """The preset's settings. Parameters that the preset does not name are cleared."""
        return {
            "system_prompt": self.system_prompt,
            **{name: self.parameters.get(name) for name in SAMPLING_PARAMETERS},
        }

    @property
    def draft(self) -> str:
        """The beginning of a message."""
        return self.opening.replace(CODE_MARK, "", 1)
