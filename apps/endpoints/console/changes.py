"""What differs between two versions of an endpoint, in a form that may be shown: a token never is."""

from typing import Any

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
# After a change of one of these it is another server, of which nothing is known.
IDENTITY = ("url", "protocol", "variant", "model_id", "sealed_token")


def changes_between(before: Endpoint | None, after: Endpoint) -> list[Change]:
    """The fields that differ, as ``EndpointChange.changes`` keeps them; empty where none does."""
    if before is None:
        return [{"field": "endpoint", "after": "added"}, *_token_change("", after.sealed_token)]
    shown = [
        {"field": _label(field), "before": getattr(before, field), "after": getattr(after, field)}
        for field in SHOWN
        if getattr(before, field) != getattr(after, field)
    ]
    return shown + _token_change(before.sealed_token, after.sealed_token)


def is_another_server(before: Endpoint, after: Endpoint) -> bool:
    return any(getattr(before, field) != getattr(after, field) for field in IDENTITY)


def _label(field: str) -> str:
    return "URL" if field == "url" else field.replace("_", " ")


def _token_change(before: str, after: str) -> list[Change]:
    """Sealing the same token twice gives two texts, so this says that it was set, not that it differs."""
    if before == after:
        return []
    return [{"field": "token", "after": "set" if after else "cleared"}]
