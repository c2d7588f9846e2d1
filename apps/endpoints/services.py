"""Changes to which model servers exist and what they may be given."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from apps.endpoints.addresses import normalise_address
from apps.endpoints.errors import EndpointNotFound, InvalidEndpoint, TokenUnreadable
from apps.endpoints.models import Endpoint, State
from apps.endpoints.tokens import reseal, seal


@sensitive_variables("token", "values")
@transaction.atomic
def add_endpoint(  # noqa: PLR0913 (an endpoint has that many facts)
    *,
    name: str,
    url: str,
    protocol: str,
    variant: str,
    size: str = "",
    model_id: str = "",
    token: str | None = None,
    max_concurrency: int = 4,
    priority: int = 0,
) -> Endpoint:
    """Add the endpoint, or bring the one of that name up to date; its state stays as it was.

    ``token`` None keeps the stored one, "" removes it. Raises ``InvalidEndpoint`` and ``AddressRefused``.
    """
    values: dict[str, Any] = {
        "url": normalise_address(url),
        "protocol": protocol,
        "variant": variant,
        "size": size,
        "model_id": model_id,
        "max_concurrency": max_concurrency,
        "priority": priority,
    }
    if token is not None:
        values["sealed_token"] = seal(token)
    _check(Endpoint(name=name, **values))
    endpoint, _ = Endpoint.objects.update_or_create(name=name, defaults=values)
    return endpoint


@transaction.atomic
def set_endpoint_state(*, name: str, state: str) -> Endpoint:
    """Enable, drain or disable. Raises ``InvalidEndpoint`` and ``EndpointNotFound``."""
    if state not in State:
        raise InvalidEndpoint(f"The state must be {_one_of(State.values)}, not {state!r}.")
    endpoint = Endpoint.objects.select_for_update().filter(name=name).first()
    if endpoint is None:
        raise EndpointNotFound(name)
    endpoint.state = state
    endpoint.save(update_fields=["state", "updated_at"])
    return endpoint


@transaction.atomic
def reseal_tokens() -> tuple[int, list[str]]:
    """Encrypt every token with the newest key: how many there were, and the names of those that cannot be read."""
    unreadable = []
    endpoints = list(Endpoint.objects.select_for_update().exclude(sealed_token=""))
    for endpoint in endpoints:
        try:
            endpoint.sealed_token = reseal(endpoint.sealed_token)
        except TokenUnreadable:
            unreadable.append(endpoint.name)
        else:
            endpoint.save(update_fields=["sealed_token", "updated_at"])
    return len(endpoints) - len(unreadable), unreadable


def _check(endpoint: Endpoint) -> None:
    try:
        endpoint.full_clean(validate_unique=False)
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        about = "" if field == "__all__" else f"{field}: "
        raise InvalidEndpoint(about + messages[0]) from None


def _one_of(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
