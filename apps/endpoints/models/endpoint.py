"""One model server and what is known about it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

from django.contrib.auth.models import Group
from django.contrib.postgres.expressions import ArraySubquery
from django.core.validators import MinValueValidator, ProhibitNullCharactersValidator
from django.db import models
from django.db.models.functions import UUID7, Now

from apps.accounts.groups import usable_by
from apps.endpoints.capabilities import effective_capabilities, validate_overrides
from apps.endpoints.choices import BUSY, Health, Protocol, Size, State, Variant
from apps.endpoints.parameters import limited, validate_defaults, validate_maxima
from apps.endpoints.security.addresses import LONGEST_URL, validate_address
from apps.endpoints.security.tokens import seal, unseal
from apps.endpoints.serving import informed, timeouts_for
from apps.inference.protocols.tgi import code_llama_size
from apps.inference.requests import Timeouts
from apps.inference.server import Server


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def enabled(self) -> Self:
        return self.filter(state=State.ENABLED)

    def serving(self, variant: str) -> Self:
        return self.filter(variant=variant)

    def in_service(self) -> Self:
        """Return the endpoints that may take work; probes check these."""
        return self.filter(state__in=[State.ENABLED, State.DRAINING])

    def usable_by(self, person_id: int | models.OuterRef) -> Self:
        """Return the endpoints that name no groups, or one of the person's; all for an admin."""
        return self.filter(usable_by(person_id, things="endpoints"))

    def with_groups(self) -> Self:
        """Read the ids of the groups that each endpoint names into ``group_ids``."""
        named = Group.objects.filter(endpoints=models.OuterRef("pk")).values("pk")
        return self.annotate(group_ids=ArraySubquery(named))

    def preferred_first(self) -> Self:
        return self.order_by("-priority", "name")


class Endpoint(models.Model):
    """One model server: its address, its model and its limits.

    The token is stored sealed; reading ``token`` or ``server`` opens it.
    """

    id = models.UUIDField(primary_key=True, db_default=UUID7(), editable=False)
    name = models.CharField(max_length=100, unique=True, validators=[ProhibitNullCharactersValidator()])
    url = models.CharField(
        "URL",
        max_length=LONGEST_URL,
        validators=[validate_address],
        help_text="The root of the server, without /v1.",
    )
    protocol = models.CharField(max_length=20, choices=Protocol)
    variant = models.CharField(max_length=20, choices=Variant)
    size = models.CharField(max_length=10, choices=Size, default=Size.UNKNOWN, blank=True)
    model_id = models.CharField(
        "model id",
        max_length=200,
        blank=True,
        default="",
        validators=[ProhibitNullCharactersValidator()],
        help_text="The model to ask for; empty where the server serves one and wants no name.",
    )
    sealed_token = models.TextField(blank=True, default="", editable=False)
    max_concurrency = models.PositiveIntegerField(
        default=4,
        validators=[MinValueValidator(1)],
        help_text="How many generations may run on it at once.",
    )
    priority = models.IntegerField(default=0, help_text="Higher is asked first.")
    state = models.CharField(max_length=20, choices=State, default=State.ENABLED)
    groups = models.ManyToManyField(
        Group, blank=True, related_name="endpoints", help_text="Who may use it. Without a group, everybody may."
    )

    # Added later: the database default lets the previous release write rows too.
    capability_overrides = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        validators=[validate_overrides],
        help_text='Override detected capabilities, such as {"infill": false}.',
    )
    context_window_override = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="Tokens; empty to believe the server."
    )
    default_parameters = models.JSONField(default=dict, db_default={}, blank=True, validators=[validate_defaults])
    maximum_parameters = models.JSONField(default=dict, db_default={}, blank=True, validators=[validate_maxima])

    # Discovered by probes; null or empty if the server does not report it.
    discovered_capabilities = models.JSONField(null=True, blank=True, editable=False)
    discovered_context_window = models.PositiveIntegerField(null=True, blank=True, editable=False)
    server_version = models.CharField(max_length=100, blank=True, default="", db_default="", editable=False)
    discovered = models.JSONField(default=dict, db_default={}, blank=True, editable=False)

    health = models.CharField(
        max_length=10, choices=Health, default=Health.UNKNOWN, db_default=Health.UNKNOWN, editable=False
    )
    health_since = models.DateTimeField(db_default=Now(), editable=False)
    health_reason = models.CharField(max_length=200, blank=True, default="", db_default="", editable=False)
    consecutive_failures = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    retry_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_probed_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_generated_at = models.DateTimeField(null=True, blank=True, editable=False)

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    group_ids: Sequence[int]  # set only by ``with_groups``

    objects = EndpointQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="endpoint_protocol_known",
                condition=models.Q(protocol__in=Protocol.values),
                violation_error_message="The protocol must be tgi or openai.",
            ),
            models.CheckConstraint(
                name="endpoint_variant_known",
                condition=models.Q(variant__in=Variant.values),
                violation_error_message="The variant must be base, python or instruct.",
            ),
            models.CheckConstraint(
                name="endpoint_size_known",
                condition=models.Q(size__in=Size.values),
                violation_error_message="The size must be 7B, 13B, 34B, 70B or empty.",
            ),
            models.CheckConstraint(
                name="endpoint_state_known",
                condition=models.Q(state__in=State.values),
                violation_error_message="The state must be enabled, draining or disabled.",
            ),
            models.CheckConstraint(
                name="endpoint_takes_one_at_least",
                condition=models.Q(max_concurrency__gte=1),
                violation_error_message="The maximum concurrency must be at least 1.",
            ),
            models.CheckConstraint(
                name="endpoint_health_known",
                condition=models.Q(health__in=Health.values),
                violation_error_message="The health must be unknown, healthy, degraded or down.",
            ),
            models.CheckConstraint(
                name="endpoint_down_is_retried",
                condition=~models.Q(health=Health.DOWN) | models.Q(retry_at__isnull=False),
                violation_error_message="An endpoint that is down has a time at which it is tried again.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def token(self) -> str:
        """Return the plain token, empty if none is stored. Raises ``TokenUnreadable``."""
        return unseal(self.sealed_token)

    @token.setter
    def token(self, plain: str) -> None:
        self.sealed_token = seal(plain)

    @property
    def is_stored(self) -> bool:
        return not self._state.adding

    @property
    def has_token(self) -> bool:
        return bool(self.sealed_token)

    @property
    def server(self) -> Server:
        """Return what ``apps.inference`` needs to call the server. Raises ``TokenUnreadable``."""
        plain = Server(url=self.url, model=self.model_id, token=self.token, size=self.size or None)
        return informed(plain, self.discovered)

    @property
    def timeouts(self) -> Timeouts:
        """Return the time limits for one reply."""
        return timeouts_for(self.discovered)

    @property
    def capabilities(self) -> frozenset[str]:
        """Return its capabilities: as discovered (until then by its model), corrected by the overrides."""
        return effective_capabilities(
            variant=self.variant,
            size=self.size,
            discovered=self.discovered_capabilities,
            overrides=self.capability_overrides or {},
        )

    @property
    def context_window(self) -> int | None:
        """Return the tokens that prompt and reply share; ``None`` if unknown."""
        return self.context_window_override or self.discovered_context_window

    @property
    def longest_prompt(self) -> int | None:
        """Return the tokens that a prompt alone may have; ``None`` if the server reports no such limit."""
        limit = self.discovered.get("max_input_tokens")
        return limit if isinstance(limit, int) else None

    @property
    def prompt_room(self) -> int | None:
        """Return the tokens that a prompt can take at most; ``None`` if unknown."""
        known = [limit for limit in (self.context_window, self.longest_prompt) if limit]
        return min(known, default=None)

    @property
    def served_model(self) -> str:
        """Return the id of the model that the server runs, as configured or discovered; else the endpoint's name."""
        reported = self.discovered.get("model_ids") or [""]
        return self.model_id or reported[0] or self.name

    @property
    def serves_code_llama(self) -> bool:
        """Return whether the model is a Code Llama by its size or name; a model with neither counts as a Code Llama."""
        return code_llama_size(informed(Server("", self.model_id, size=self.size or None), self.discovered)) is not None

    @property
    def title(self) -> str:
        """Return a name like “CodeLlama-7b-Instruct-hf at gpu-1”."""
        model = self.model_id.rpartition("/")[2]
        return f"{model} at {self.name}" if model else self.name

    def parameters_for(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Return the sampling parameters to send for a request that asks for ``asked``."""
        return limited(asked, defaults=self.default_parameters or {}, maxima=self.maximum_parameters or {})

    @property
    def refuses(self) -> bool:
        """Return whether the server's latest answer was that it is busy."""
        return self.health == Health.DEGRADED and self.health_reason == BUSY

    def rests(self, now: datetime) -> bool:
        """Return whether a server that refused work is still to be left alone."""
        return self.refuses and self.retry_at is not None and self.retry_at > now

    def is_due(self, now: datetime) -> bool:
        """Return whether a server that is down is due for its half-open probe."""
        return self.retry_at is not None and self.retry_at <= now
