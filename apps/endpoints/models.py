"""The model servers that the workbench knows."""

from typing import Self

from django.core.validators import MinValueValidator, ProhibitNullCharactersValidator
from django.db import models
from django.db.models.functions import UUID7

from apps.endpoints.addresses import LONGEST_URL, validate_address
from apps.endpoints.tokens import seal, unseal
from apps.inference.server import Server


class Protocol(models.TextChoices):
    """How a server is spoken to."""

    TGI = "tgi", "Text Generation Inference"
    OPENAI = "openai", "OpenAI style"


class Variant(models.TextChoices):
    """Which of the three Code Llama variants a server runs."""

    BASE = "base", "Base"
    PYTHON = "python", "Python"
    INSTRUCT = "instruct", "Instruct"


class Size(models.TextChoices):
    """How many parameters the model has; empty for a model that is not a Code Llama."""

    UNKNOWN = "", "other"
    B7 = "7B", "7B"
    B13 = "13B", "13B"
    B34 = "34B", "34B"
    B70 = "70B", "70B"


class State(models.TextChoices):
    """What an admin wants: new jobs, only the running ones to finish, or none."""

    ENABLED = "enabled", "Enabled"
    DRAINING = "draining", "Draining"
    DISABLED = "disabled", "Disabled"


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def enabled(self) -> Self:
        return self.filter(state=State.ENABLED)

    def serving(self, variant: str) -> Self:
        return self.filter(variant=variant)

    def preferred_first(self) -> Self:
        return self.order_by("-priority", "name")


class Endpoint(models.Model):
    """One model server: where it listens, what it serves, how much it takes.

    The token is kept sealed and opened only when ``token`` or ``server`` is read.
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
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

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
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def token(self) -> str:
        """The plain token, empty where none is stored. Raises ``TokenUnreadable``."""
        return unseal(self.sealed_token)

    @token.setter
    def token(self, plain: str) -> None:
        self.sealed_token = seal(plain)

    @property
    def has_token(self) -> bool:
        return bool(self.sealed_token)

    @property
    def server(self) -> Server:
        """What ``apps.inference`` needs to call it. Raises ``TokenUnreadable``."""
        return Server(url=self.url, model=self.model_id, token=self.token)
