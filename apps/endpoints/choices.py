"""The words that an endpoint is described with."""

from django.db import models


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


class Health(models.TextChoices):
    """How a server is doing, by our own evidence: probes and real traffic."""

    UNKNOWN = "unknown", "Unknown"
    HEALTHY = "healthy", "Healthy"
    DEGRADED = "degraded", "Degraded"
    DOWN = "down", "Down"


class Capability(models.TextChoices):
    """What a server can be asked for."""

    CHAT = "chat", "Chat"
    COMPLETE = "complete", "Completion"
    INFILL = "infill", "Fill in the middle"
    TOKENIZE = "tokenize", "Count tokens"
    CONTINUE = "continue", "Continue a partial reply"


class ObservationKind(models.TextChoices):
    """Where evidence comes from."""

    PROBE = "probe", "Probe"
    TRAFFIC = "traffic", "Traffic"
