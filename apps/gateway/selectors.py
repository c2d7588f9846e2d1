"""Which models there are to talk to, and whether they can be used."""

import math

from django.utils import timezone

from apps.endpoints.models import Endpoint, Health
from apps.gateway.errors import ModelNotFound, ModelUnavailable

DEFAULT_VARIANT = "instruct"


def chat_models() -> dict[str, list[Endpoint]]:
    """The enabled endpoints that chat, by every name they go by: variant, endpoint name, model id."""
    models: dict[str, list[Endpoint]] = {}
    for endpoint in Endpoint.objects.enabled().preferred_first():
        if "chat" in endpoint.capabilities:
            for name in dict.fromkeys((endpoint.variant, endpoint.name, endpoint.model_id)):
                if name:
                    models.setdefault(name, []).append(endpoint)
    return models


def variant_to_chat_with(model: str) -> str:
    """The variant that ``model`` names. Raises ``ModelNotFound``, and ``ModelUnavailable`` where no server is up."""
    models = chat_models()
    if model not in models:
        if model == DEFAULT_VARIANT:
            raise ModelUnavailable("No model server that can chat is enabled.", Retry_After="60")
        raise ModelNotFound(model)
    variant = models[model][0].variant
    servers = models[variant]
    if all(server.health == Health.DOWN for server in servers):
        raise ModelUnavailable("Its model servers are down at present.", Retry_After=str(_seconds_to_retry(servers)))
    return variant


def _seconds_to_retry(servers: list[Endpoint]) -> int:
    now = timezone.now()
    waits = [(server.retry_at - now).total_seconds() for server in servers if server.retry_at]
    return max(1, math.ceil(min(waits, default=1)))
