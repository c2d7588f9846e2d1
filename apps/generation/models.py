"""A generation: one run of a model, from request to last token."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Func, Q, Value
from django.db.models.functions import UUID7, Now
from django.db.models.lookups import LessThan

from apps.endpoints.health.absence import Wanted

if TYPE_CHECKING:
    from apps.accounts.models import User


class State(models.TextChoices):
    """The states of a generation; the last three are final."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"

    @property
    def is_over(self) -> bool:
        return self in OVER


class Task(models.TextChoices):
    """The task of a model, named like the endpoints' capabilities."""

    CHAT = "chat", "Chat"
    COMPLETE = "complete", "Complete text"
    INFILL = "infill", "Fill in the middle"


LEASE_GRACE = 3  # checkpoint intervals after a start of Postgres
OVER = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED})
ACTIVE = frozenset({State.QUEUED, State.RUNNING})


class GenerationQuerySet(models.QuerySet["Generation"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(owner=user)

    def active(self) -> Self:
        return self.filter(state__in=ACTIVE)

    def with_expired_lease(self) -> Self:
        """Return running generations whose lease expired.

        After a Postgres restart, workers get ``LEASE_GRACE`` checkpoint intervals to renew first.
        """
        up_since = Func(function="pg_postmaster_start_time", output_field=models.DateTimeField())
        time_to_renew = timedelta(seconds=LEASE_GRACE * settings.GENERATION_CHECKPOINT_SECONDS)
        expired = self.filter(state=State.RUNNING, lease_expires_at__lt=Now())
        return expired.filter(Q(LessThan(up_since, Now() - time_to_renew)) | Q(started_at__gt=up_since))


class Generation(models.Model):
    """A request to a model and its result.

    ``messages`` is the chat as asked (a list of ``{"role", "content"}``). Other tasks leave it empty: ``prompt`` is the
    text to continue, or with ``suffix`` the two sides of the gap. ``parameters`` are the sampling parameters that were
    set; for a text or gap, also those of ``apps.generation.documents``. While the generation runs, ``text`` is a
    checkpoint, a second or two behind the event log; after the end it is the whole text. ``text_length`` counts Unicode
    code points. ``attempt`` counts the claims by workers: only the latest may write.
    """

    id = models.UUIDField(primary_key=True, db_default=UUID7(), editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="generations")
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)

    api_key = models.ForeignKey(
        "accounts.ApiKey",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="generations",
        db_index=False,
        help_text="The key that asked for it; empty for chats and the playground.",
    )

    variant = models.CharField(max_length=16, default="instruct")
    task = models.CharField(max_length=16, choices=Task.choices, default=Task.CHAT, db_default=Task.CHAT)
    prompt = models.TextField(default="", db_default="", blank=True)
    suffix = models.TextField(default="", db_default="", blank=True)
    messages = models.JSONField()
    parameters = models.JSONField(default=dict, blank=True)
    idempotency_key = models.UUIDField(null=True, blank=True)
    request_id = models.UUIDField(
        null=True, blank=True, editable=False, help_text="The request that asked for it, as the logs name it."
    )

    text = models.TextField(default="", blank=True)
    text_length = models.PositiveIntegerField(default=0)
    finish_reason = models.CharField(max_length=64, default="", blank=True)
    error = models.TextField(default="", blank=True, help_text="The sentence a person reads when it failed.")
    error_kind = models.CharField(
        max_length=50, default="", db_default="", blank=True, help_text="The class of the model server's error."
    )
    prompt_tokens = models.PositiveIntegerField(null=True, blank=True)
    completion_tokens = models.PositiveIntegerField(null=True, blank=True)

    endpoint = models.ForeignKey(
        "endpoints.Endpoint", null=True, blank=True, on_delete=models.SET_NULL, related_name="generations"
    )
    wanted_endpoint = models.ForeignKey(
        "endpoints.Endpoint",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        help_text="The only one it may run on; any that can do it where this and its name are empty.",
    )
    wanted_name = models.CharField(
        max_length=100,
        default="",
        db_default="",
        blank=True,
        help_text="The name of that endpoint, which stays when it is removed.",
    )
    attempt = models.PositiveIntegerField(default=0)
    worker = models.CharField(max_length=200, default="", blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    lost_leases = models.PositiveIntegerField(
        default=0, help_text="How often its worker fell silent, or its servers went down under it."
    )
    stuck_since = models.DateTimeField(
        null=True, blank=True, help_text="Since when every server that could write it is down."
    )
    left_out = models.PositiveIntegerField(default=0, help_text="Earlier messages that did not fit the model's window.")
    sent = models.JSONField(
        default=list,
        db_default=Value([], models.JSONField()),
        blank=True,
        help_text="What was sent to which model server, the latest last; see ``RequestRecord``.",
    )

    created_at = models.DateTimeField(db_default=Now(), editable=False)
    enqueued_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    first_token_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = GenerationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="generation_owner_recent"),
            # For the reaper: few rows, and no column that a lease renewal changes.
            models.Index(fields=["state"], condition=Q(state__in=["queued", "running"]), name="generation_active"),
            # For claims and the limit of a person: few rows, however long the queue.
            models.Index(
                fields=["variant", "task", "created_at", "id"], condition=Q(state="queued"), name="generation_in_queue"
            ),
            models.Index(
                fields=["owner", "variant", "state", "created_at"],
                condition=Q(state__in=["queued", "running"]),
                name="generation_of_owner_active",
            ),
            models.Index(
                fields=["variant", "task", "wanted_endpoint"],
                condition=Q(state="queued", wanted_endpoint__isnull=False),
                name="generation_in_queue_pinned",
            ),
            # For the removal of an endpoint; few generations want a certain endpoint.
            models.Index(
                fields=["wanted_endpoint"],
                condition=Q(wanted_endpoint__isnull=False),
                name="generation_wants_endpoint",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="generation_state_known"),
            models.CheckConstraint(condition=Q(task__in=Task.values), name="generation_task_known"),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running"], ended_at__isnull=True)
                | Q(state__in=["succeeded", "failed", "cancelled"], ended_at__isnull=False),
                name="generation_ended_when_over",
            ),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(lease_expires_at__isnull=False), name="generation_running_has_lease"
            ),
            models.CheckConstraint(
                condition=Q(wanted_endpoint__isnull=True) | ~Q(wanted_name=""), name="generation_wants_by_name"
            ),
            models.UniqueConstraint(
                fields=["owner", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="generation_once_per_idempotency_key",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.state})"

    @property
    def is_over(self) -> bool:
        return State(self.state).is_over

    @property
    def wanted(self) -> Wanted | None:
        """Return the one endpoint that it may run on; ``None`` if any will do."""
        return Wanted(self.wanted_name, self.wanted_endpoint_id) if self.wanted_name else None

    @property
    def says_nothing(self) -> bool:
        """Return whether the model wrote no more than white space before it ended the reply."""
        return self.state == State.SUCCEEDED and not self.text.strip()

    @property
    def broke_off(self) -> bool:
        """Return whether the generation ended before the reply was complete."""
        return self.is_over and (self.state != State.SUCCEEDED or self.finish_reason == "length")

    @property
    def fell_short(self) -> bool:
        """Return whether the question deserves another reply: this reply broke off or says nothing."""
        return self.broke_off or self.says_nothing

    @property
    def can_go_on(self) -> bool:
        """Return whether the reply broke off and has text to continue."""
        return self.broke_off and self.text_length > 0

    @property
    def seconds_to_first_token(self) -> float | None:
        """Return the seconds from the request to the first token, queueing included."""
        if self.first_token_at is None:
            return None
        return (self.first_token_at - self.created_at).total_seconds()

    @property
    def tokens_per_second(self) -> float | None:
        """Return the decoding speed: the tokens after the first, per second.

        ``None`` for a generation that was interrupted or continued: its time includes pauses.
        """
        later = (self.completion_tokens or 0) - 1
        if self.first_token_at is None or self.ended_at is None or later < 1 or len(self.sent) > 1:
            return None
        seconds = (self.ended_at - self.first_token_at).total_seconds()
        return later / seconds if seconds > 0 else None


class LogProbabilities(models.Model):
    """The tokens of a finished reply that was asked for with log probabilities.

    ``tokens`` is JSON: a list of ``apps.inference.logprobs.ScoredToken``.
    """

    generation = models.OneToOneField(
        Generation, primary_key=True, on_delete=models.CASCADE, related_name="log_probabilities"
    )
    tokens = models.TextField()

    class Meta:
        verbose_name_plural = "log probabilities"

    def __str__(self) -> str:
        return str(self.generation_id)
