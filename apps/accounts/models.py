"""People, invitations and API keys."""

from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.text import get_text_list

from apps.accounts.limits import LimitFields


class User(AbstractUser):
    """A person who signs in by one-time link, password or passkey.

    An admin is staff and superuser; ``is_active`` is false for people who are switched off; ``model_titles`` is false
    for people who switched off that a model titles their conversations.
    """

    model_titles = models.BooleanField("titles by the model", default=True, db_default=True)

    @property
    def is_admin(self) -> bool:
        return self.is_active and self.is_superuser

    def may_manage(self, person: "User") -> bool:
        """Return whether this person may change another one: staff change users, and only admins change staff."""
        return self.is_superuser or (self.is_staff and not person.is_staff and not person.is_superuser)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> Self:
        """Invitations that can be accepted: unused, not expired, and made by somebody who may still invite."""
        by_staff = Q(made_by__is_active=True, made_by__is_staff=True)
        by_admin = Q(for_admin=False) | Q(made_by__is_superuser=True)
        return self.filter(by_staff, by_admin, used_at__isnull=True, expires_at__gt=Now())


class Invitation(models.Model):
    """A link with which somebody makes an account, once and for a limited time. Only its SHA-256 is stored."""

    digest = models.CharField(max_length=64, unique=True, editable=False)
    note = models.CharField(max_length=100, help_text="For whom it is.")
    for_admin = models.BooleanField(default=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="invitations")
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = InvitationQuerySet.as_manager()

    def __str__(self) -> str:
        return self.note


class Scope(models.TextChoices):
    """The kinds of use that a limited API key allows."""

    CHAT = "chat", "Chat"
    COMPLETION = "completion", "Complete and fill in code"
    MODELS = "models", "List models"
    USAGE = "usage", "Read usage"


SCOPE_OF_TASK = {"chat": Scope.CHAT, "complete": Scope.COMPLETION, "infill": Scope.COMPLETION}


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(owner=user)

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-pk")

    def usable(self) -> Self:
        not_expired = Q(expires_at__isnull=True) | Q(expires_at__gt=Now())
        return self.filter(not_expired, revoked_at__isnull=True, owner__is_active=True)


class ApiKey(LimitFields):
    """An API key. Only its SHA-256 (of 256 random bits) and its first characters are stored.

    ``scopes`` and ``model_names`` limit it to kinds of use and to models by any of their names; empty is no limit.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100, blank=True, default="", help_text="What it is for.")
    prefix = models.CharField(max_length=16, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=16, choices=Scope), default=list, db_default=[], blank=True)
    model_names = ArrayField(models.CharField(max_length=300), default=list, db_default=[], blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute.")

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.prefix}…"

    @property
    def is_limited(self) -> bool:
        """Return whether the key is limited to kinds of use or models; such a key sees only its own generations."""
        return bool(self.scopes or self.model_names)

    def allows(self, *scopes: str) -> bool:
        """Return whether the key allows one of these kinds of use."""
        return not self.scopes or not set(scopes).isdisjoint(self.scopes)

    def allows_task(self, task: str) -> bool:
        """Return whether the key may start a generation with this task."""
        return self.allows(SCOPE_OF_TASK[task])

    @property
    def limit_words(self) -> list[str]:
        """Return the key's limits, one text each: “only chat”, “60 requests a minute”."""
        figures = (
            (self.generations_at_once, "at once"),
            (self.requests_per_minute, "requests a minute"),
            (self.tokens_per_day, "tokens a day"),
        )
        kinds = [f"only {self.scope_words}"] if self.scopes else []
        models = [f"only {get_text_list(self.model_names, 'and')}"] if self.model_names else []
        return kinds + models + [f"{figure:,} {words}" for figure, words in figures if figure]

    @property
    def scope_words(self) -> str:
        """Return the key's kinds of use in words: “chat and read usage”."""
        return get_text_list([Scope(scope).label.lower() for scope in self.scopes], "and") or "everything"

    @property
    def standing(self) -> str:
        """Return ``works``, ``expired`` or ``revoked``."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= timezone.now() else "works"
