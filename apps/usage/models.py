"""The limits of people and groups, and the use on each day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.formats import date_format

from apps.accounts.limits import LimitFields

if TYPE_CHECKING:
    from apps.accounts.models import User


class Limit(LimitFields):
    """The limits of one person, or of everybody in a group.

    A person's own limit comes first, then the widest limit of the person's groups, then the settings.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="limit"
    )
    group = models.OneToOneField("auth.Group", null=True, blank=True, on_delete=models.CASCADE, related_name="limit")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=True, group__isnull=False) | Q(user__isnull=False, group__isnull=True),
                name="limit_of_one",
                violation_error_message="Choose a person or a group, not both.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}" if self.user_id else f"group {self.group}"


class UsageDayQuerySet(models.QuerySet["UsageDay"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(owner=user)


class UsageDay(models.Model):
    """Use by one person on one day (UTC) with one key on one endpoint.

    A trigger of ``generation_generation`` adds each generation when it ends (migration 0001), so deleting generations
    does not lower it. ``api_key`` is empty for chats and the playground.
    """

    day = models.DateField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    api_key = models.ForeignKey("accounts.ApiKey", null=True, on_delete=models.CASCADE, related_name="+")
    endpoint_name = models.CharField(max_length=100, db_default="")
    generations = models.PositiveIntegerField(db_default=0)
    failed = models.PositiveIntegerField(db_default=0)
    cancelled = models.PositiveIntegerField(db_default=0)
    prompt_tokens = models.BigIntegerField(db_default=0)
    completion_tokens = models.BigIntegerField(db_default=0)

    objects = UsageDayQuerySet.as_manager()

    class Meta:
        verbose_name = "usage of a day"
        verbose_name_plural = "usage by day"
        ordering = ["-day"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "day", "api_key", "endpoint_name"], name="usage_once_a_day", nulls_distinct=False
            )
        ]
        indexes = [models.Index(fields=["day"], name="usage_of_day")]

    def __str__(self) -> str:
        return f"{date_format(self.day)}, {self.owner}"


class GenerationTotal(models.Model):
    """Totals of the generations of one variant that ended in one state since the installation, for ``/metrics``.

    A trigger of ``generation_generation`` adds each generation when it ends (migration 0003), so deleting generations
    does not lower it. Sixteen rows share each sum (``shard``): generations that end at once do not wait for one row.
    ``within`` counts first tokens by the upper bounds of ``apps.generation.metrics.BUCKETS``.
    """

    variant = models.CharField(max_length=16)
    state = models.CharField(max_length=16)
    shard = models.SmallIntegerField()
    generations = models.BigIntegerField(db_default=0)
    prompt_tokens = models.BigIntegerField(db_default=0)
    completion_tokens = models.BigIntegerField(db_default=0)
    lost_leases = models.BigIntegerField(db_default=0)
    first_tokens = models.BigIntegerField(db_default=0)
    first_token_seconds = models.FloatField(db_default=0.0)
    within = ArrayField(models.BigIntegerField())

    class Meta:
        ordering = ["variant", "state", "shard"]
        constraints = [
            models.UniqueConstraint(fields=["variant", "state", "shard"], name="generation_total_once"),
        ]

    def __str__(self) -> str:
        return f"{self.variant} {self.state} {self.shard}"
