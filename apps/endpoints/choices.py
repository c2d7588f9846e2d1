"""The enumerations that describe an endpoint."""

from django.db import models

BUSY = "was busy"  # the reason of a server that refuses work for the moment


class Protocol(models.TextChoices):
    """The protocol that the server speaks."""

    TGI = "tgi", "Text Generation Inference"
    OPENAI = "openai", "OpenAI style"


class Variant(models.TextChoices):
    """One of the three Code Llama variants."""

    BASE = "base", "Base"
    PYTHON = "python", "Python"
    INSTRUCT = "instruct", "Instruct"


class Size(models.TextChoices):
    """The parameter count of the model; empty for a model that is not a Code Llama."""

    UNKNOWN = "", "other"
    B7 = "7B", "7B"
    B13 = "13B", "13B"
    B34 = "34B", "34B"
    B70 = "70B", "70B"


class State(models.TextChoices):
    """An admin's switch: allow new generations, let only running ones finish, or allow none."""

    ENABLED = "enabled", "Enabled"
    DRAINING = "draining", "Draining"
    DISABLED = "disabled", "Disabled"


class Health(models.TextChoices):
    """The health of a server, judged by probes and by people's replies."""

    UNKNOWN = "unknown", "Unknown"
    HEALTHY = "healthy", "Healthy"
    DEGRADED = "degraded", "Degraded"
    DOWN = "down", "Down"


class Capability(models.TextChoices):
    """Tasks that a server can do."""

    CHAT = "chat", "Chat"
    COMPLETE = "complete", "Completion"
    INFILL = "infill", "Fill in the middle"
    TOKENIZE = "tokenize", "Count tokens"
    CONTINUE = "continue", "Continue a partial reply"


class ObservationKind(models.TextChoices):
    """The origin of an observation."""

    PROBE = "probe", "Probe"
    TRAFFIC = "traffic", "Traffic"
