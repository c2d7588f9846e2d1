"""``/v1/models``."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.accounts.keys.scopes import require_scope
from apps.accounts.models import ApiKey, Scope
from apps.gateway.access import api_view, json_response
from apps.gateway.selectors import Model, find_model, served_models
from apps.stores.threads import in_thread

# Keys that may ask a model for something may list the models.
MAY_LIST = (Scope.MODELS, Scope.CHAT, Scope.COMPLETION)


@api_view("GET")
async def list_models(request: HttpRequest, key: ApiKey) -> HttpResponse:  # noqa: ARG001
    """List every name that a request may give as its model."""
    require_scope(key, *MAY_LIST, to="list models")
    models = await in_thread(served_models)()
    return json_response({"object": "list", "data": [_described(model) for model in models.values()]})


@api_view("GET")
async def show_model(request: HttpRequest, key: ApiKey, model: str) -> HttpResponse:  # noqa: ARG001
    require_scope(key, *MAY_LIST, to="list models")
    return json_response(_described(await in_thread(find_model)(model)))


def _described(model: Model) -> dict[str, Any]:
    return {
        "id": model.name,
        "object": "model",
        "created": int(min(endpoint.created_at for endpoint in model.endpoints).timestamp()),
        "owned_by": "workbench",
        "variant": model.variant,
        "tasks": model.tasks,
    }
