"""``/v1/models``."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.accounts.models import User
from apps.endpoints.models import Endpoint
from apps.gateway.access import api_view, json_response
from apps.gateway.errors import ModelNotFound
from apps.gateway.selectors import chat_models
from apps.generation.threads import in_thread


@api_view("GET")
async def list_models(request: HttpRequest, caller: User) -> HttpResponse:  # noqa: ARG001
    """Every name that a model may be asked for by."""
    models = await in_thread(chat_models)()
    return json_response({"object": "list", "data": [_described(name, models[name][0]) for name in models]})


@api_view("GET")
async def show_model(request: HttpRequest, caller: User, model: str) -> HttpResponse:  # noqa: ARG001
    models = await in_thread(chat_models)()
    if model not in models:
        raise ModelNotFound(model)
    return json_response(_described(model, models[model][0]))


def _described(name: str, endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": name,
        "object": "model",
        "created": int(endpoint.created_at.timestamp()),
        "owned_by": "workbench",
        "variant": endpoint.variant,
    }
