"""Runs: requests in the playground, and their generations."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import UUID7, Now
from django.urls import reverse

from apps.generation.models import ACTIVE, Generation

if TYPE_CHECKING:
    from apps.accounts.models import User

TOKEN_BYTES = 16
TITLE_CHARACTERS = 80


class Kind(models.TextChoices):
    """The kind of a run."""

    COMPLETE = "complete", "Complete"
    FILL = "fill", "Fill in the middle"
    SIDE_BY_SIDE = "side-by-side", "Side by side"


class Decision(models.TextChoices):
    """The person's decision on an output."""

    OPEN = "", "Open"
    ACCEPTED = "accepted", "Accepted"
    DISMISSED = "dismissed", "Dismissed"


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


class RunQuerySet(models.QuerySet["Run"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(owner=user)

    def shared(self) -> Self:
        """Return the runs that have a link, of people who may sign in."""
        return self.filter(share_token__isnull=False, owner__is_active=True)

    def with_outputs(self) -> Self:
        outputs = Output.objects.select_related("generation__endpoint").order_by("position")
        return self.prefetch_related(models.Prefetch("outputs", outputs))


class Run(models.Model):
    """A request of a person to one model, or to several side by side.

    ``before`` is the code, the text before the gap, or the prompt; ``after`` is the text after the gap. Both are
    stored exactly as typed. ``settings`` are the values of the form beside the texts, to fill it again.
    """

    id = models.UUIDField(primary_key=True, db_default=UUID7(), editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=16, choices=Kind)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True, default="")
    settings = models.JSONField(default=dict, blank=True)
    share_token = models.CharField(max_length=32, null=True, blank=True, unique=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = RunQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["owner", "-created_at"], name="run_owner_recent")]
        constraints = [models.CheckConstraint(condition=Q(kind__in=Kind.values), name="run_kind_known")]

    def __str__(self) -> str:
        return str(self.pk)  # not the title: the admin writes this into its history, and titles hold people's text

    def get_absolute_url(self) -> str:
        return reverse("playground:run", args=[self.pk])

    @property
    def title(self) -> str:
        """Return the last line with text before the cursor: it distinguishes the runs of one document."""
        lines = [line.strip() for line in (self.before or self.after).splitlines() if line.strip()]
        if not lines:
            return self.get_kind_display()
        line = lines[0] if self.kind == Kind.SIDE_BY_SIDE else lines[-1]
        return line if len(line) <= TITLE_CHARACTERS else f"{line[: TITLE_CHARACTERS - 1]}…"

    @property
    def is_active(self) -> bool:
        return any(output.generation.state in ACTIVE for output in self.outputs.all())


class Output(models.Model):
    """One generation of a run; ``position`` is its column, from 0."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="outputs")
    generation = models.OneToOneField(Generation, on_delete=models.CASCADE, related_name="playground_output")
    position = models.PositiveSmallIntegerField(default=0)
    decision = models.CharField(max_length=16, choices=Decision, default=Decision.OPEN, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["run", "position"], name="output_position_once"),
            models.CheckConstraint(condition=Q(decision__in=Decision.values), name="output_decision_known"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}, {self.position}"

    @property
    def is_open(self) -> bool:
        return self.decision == Decision.OPEN
