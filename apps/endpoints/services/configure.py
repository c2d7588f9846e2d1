"""Add, change and remove endpoints. Each change leaves an ``EndpointChange``."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from apps.accounts.models import User
from apps.audit.models import Action
from apps.audit.services import record
from apps.endpoints.console.changes import Change, changes_between, group_change, is_another_server
from apps.endpoints.errors import EndpointNotFound, GroupNotFound, InvalidEndpoint, NameTaken, TokenUnreadable
from apps.endpoints.models import Endpoint, EndpointChange, State
from apps.endpoints.security.addresses import normalise_address
from apps.endpoints.security.tokens import seal

COMMAND_LINE = "command line"
LIMIT_WORDS = {
    "max_value": "At most {:,}.",
    "min_value": "At least {:,}.",
    "max_length": "At most {:,} characters.",
}
OBSERVED = (
    "discovered_capabilities",
    "discovered_context_window",
    "server_version",
    "discovered",
    "health",
    "health_since",
    "health_reason",
    "consecutive_failures",
    "retry_at",
    "last_probed_at",
    "last_generated_at",
)


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
    groups: Collection[str] | None = None,
    by: User | None = None,
) -> Endpoint:
    """Add the endpoint, or update the endpoint of that name and keep its state.

    ``token`` None keeps the stored token, "" removes it. ``groups`` names the groups that may use the endpoint: empty
    for everybody, ``None`` to keep the stored groups. Raises ``InvalidEndpoint``, ``AddressRefused`` and
    ``GroupNotFound``.
    """
    named = None if groups is None else _groups_named(groups)
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
    endpoint, is_new = Endpoint.objects.select_for_update().get_or_create(name=name, defaults=values)
    if is_new:
        endpoint.groups.set(named or [])
        _remember(endpoint, changes_between(None, endpoint) + group_change([], named or []), by)
        return endpoint
    return _update(endpoint, values, token=token, groups=named, by=by)


@sensitive_variables("values", "token")
def _update(
    endpoint: Endpoint, values: dict[str, Any], *, token: str | None, groups: Collection[Group] | None, by: User | None
) -> Endpoint:
    """Store ``values`` in a stored endpoint."""
    if token is not None and token == _stored_token(endpoint):
        del values["sealed_token"]  # sealing the same token again would look like a change
    for field, value in values.items():
        setattr(endpoint, field, value)
    return save_endpoint(endpoint=endpoint, by=by, groups=groups)


@transaction.atomic
def save_endpoint(*, endpoint: Endpoint, by: User | None, groups: Collection[Group] | None = None) -> Endpoint:
    """Store ``endpoint``, already validated, and record the change; ``by`` None is the command line.

    Only ``groups`` may use the endpoint: empty for everybody, ``None`` to keep the stored groups. Reset its health to
    unknown if it is another server now or was disabled before. Raises ``NameTaken``.
    """
    before = Endpoint.objects.select_for_update().filter(pk=endpoint.pk).first() if endpoint.is_stored else None
    changes = changes_between(before, endpoint)
    if groups is not None:
        changes += group_change(list(before.groups.all()) if before else [], groups)
    if before is not None and not changes:
        return endpoint
    if before is not None:
        # The form may have been open for an hour, while probes went on writing.
        _copy_observed(to=endpoint, source=before)
        if is_another_server(before, endpoint) or before.state == State.DISABLED:
            _forget(endpoint)
    try:
        endpoint.save()
    except IntegrityError:  # somebody else took the name after the form was checked
        raise NameTaken from None
    if groups is not None:
        endpoint.groups.set(groups)
    _remember(endpoint, changes, by)
    return endpoint


@transaction.atomic
def set_endpoint_state(*, name: str, state: str, by: User | None = None) -> Endpoint:
    """Enable, drain or disable the endpoint. Raises ``InvalidEndpoint`` and ``EndpointNotFound``."""
    if state not in State:
        raise InvalidEndpoint(f"The state must be {_one_of(State.values)}, not {state!r}.")
    endpoint = Endpoint.objects.select_for_update().filter(name=name).first()
    if endpoint is None:
        raise EndpointNotFound(name)
    endpoint.state = state
    return save_endpoint(endpoint=endpoint, by=by)


@transaction.atomic
def remove_endpoint(*, endpoint: Endpoint, by: User | None) -> None:
    """Delete the endpoint; the change record stays."""
    _remember(endpoint, [{"field": "endpoint", "after": "removed"}], by)
    endpoint.delete()


def _groups_named(names: Collection[str]) -> list[Group]:
    found = {group.name: group for group in Group.objects.filter(name__in=names)}
    if unknown := [name for name in names if name not in found]:
        raise GroupNotFound(unknown[0])
    return list(found.values())


def _stored_token(endpoint: Endpoint) -> str | None:
    try:
        return endpoint.token
    except TokenUnreadable:
        return None


def _copy_observed(*, to: Endpoint, source: Endpoint) -> None:
    for field in OBSERVED:
        setattr(to, field, getattr(source, field))


def _forget(endpoint: Endpoint) -> None:
    _copy_observed(to=endpoint, source=Endpoint(health_since=timezone.now()))


def _remember(endpoint: Endpoint, changes: list[Change], by: User | None) -> None:
    change = EndpointChange.objects.create(
        endpoint=endpoint,
        endpoint_name=endpoint.name,
        by=by,
        by_name=by.get_username() if by else COMMAND_LINE,
        changes=changes,
    )
    record(Action.ENDPOINT_CHANGED, subject=endpoint.name, details=change.summary, by=by)


def _check(endpoint: Endpoint) -> None:
    try:
        endpoint.full_clean(validate_unique=False)
    except ValidationError as error:
        field, errors = next(iter(error.error_dict.items()))
        about = "" if field == "__all__" else f"{field}: "
        raise InvalidEndpoint(about + _sentence(errors[0])) from None


def _sentence(error: ValidationError) -> str:
    limit = (error.params or {}).get("limit_value")
    if error.code in LIMIT_WORDS and isinstance(limit, int):
        return LIMIT_WORDS[error.code].format(limit)
    return error.messages[0]


def _one_of(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
