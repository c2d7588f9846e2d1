"""Which models there are to talk to, and whether they can be used."""

from apps.endpoints.models import Endpoint
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
    """The variant that ``model`` names. Raises ``ModelNotFound``, and ``ModelUnavailable`` where none is enabled.

    Servers that are merely down may come back: a request waits for them in the queue, like a question in a chat.
    """
    models = chat_models()
    if model not in models:
        if model == DEFAULT_VARIANT:
            raise ModelUnavailable("No model server that can chat is enabled.", Retry_After="60")
        raise ModelNotFound(model)
    return models[model][0].variant
