"""The differences between two versions of an endpoint, without its token."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import Group

from apps.endpoints.models import Endpoint

type Change = dict[str, Any]

SHOWN = (
    "name",
    "url",
    "protocol",
    "variant",
    "size",
    "model_id",
    "max_concurrency",
    "priority",
    "state",
    "capability_overrides",
    "context_window_override",
    "default_parameters",
    "maximum_parameters",
)
# After a change of one of these fields, the endpoint is another server, whose health is unknown.
IDENTITY = ("url", "protocol", "variant", "model_id", "sealed_token")


def changes_between(before: Endpoint | None, after: Endpoint) -> list[Change]:
    """Return the changed fields in the form of ``EndpointChange.changes``; empty if nothing changed."""
    if before is None:
        return [{"field": "endpoint", "after": "added"}, *_token_change("", after.sealed_token)]
    shown = [
        {"field": _label(field), "before": getattr(before, field), "after": getattr(after, field)}
        for field in SHOWN
        if getattr(before, field) != getattr(after, field)
    ]
    return shown + _token_change(before.sealed_token, after.sealed_token)


def group_change(before: Collection[Group], after: Collection[Group]) -> list[Change]:
    """Return the change of the groups that may use an endpoint, by their names; empty if there is none."""
    old, new = (", ".join(sorted(group.name for group in groups)) or "everybody" for groups in (before, after))
    return [] if old == new else [{"field": "for", "before": old, "after": new}]


def is_another_server(before: Endpoint, after: Endpoint) -> bool:
    return any(getattr(before, field) != getattr(after, field) for field in IDENTITY)


def _label(field: str) -> str:
    return "URL" if field == "url" else field.replace("_", " ")


def _token_change(before: str, after: str) -> list[Change]:
    """Report that a token was set, not that it differs: sealing the same token twice gives two texts."""
    if before == after:
        return []
    return [{"field": "token", "after": "set" if after else "cleared"}]
