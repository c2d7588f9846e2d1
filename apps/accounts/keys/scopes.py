"""Check that the API key of a request may be used for it. ``ApiKey.scopes`` limits a key to kinds of use."""

from apps.accounts.errors import KeyNotAllowed
from apps.accounts.models import ApiKey, Scope
from apps.audit.origin import current_origin


def current_key() -> ApiKey | None:
    """Return the API key of the current request; ``None`` for a page, a command and a worker."""
    origin = current_origin()
    return origin.key if origin else None


def require_scope(key: ApiKey, *scopes: Scope, to: str) -> None:
    """Raise ``KeyNotAllowed`` if the key has none of the ``scopes``; ``to`` names the refused action."""
    if not key.allows(*scopes):
        raise KeyNotAllowed(f"This API key may not {to}: it is only for {key.scope_words}.")


def require_scope_for(task: str) -> None:
    """Raise ``KeyNotAllowed`` if the current request's API key may not start a generation with this task."""
    key = current_key()
    if key is not None and not key.allows_task(task):
        raise KeyNotAllowed(f"This API key may not be used for this: it is only for {key.scope_words}.")
