"""Admit a request for a reply, by the limits of its person and its API key."""

from apps.accounts.models import ApiKey, User
from apps.audit.origin import current_origin
from apps.usage.allowances import Allowance, allowances_of, headers_for
from apps.usage.counters import take
from apps.usage.errors import KeyNotAllowed


def admit_request(*, owner: User, task: str) -> list[Allowance]:
    """Count a request of ``owner`` with the current request's API key, and return the allowances that it uses.

    Raises ``KeyNotAllowed`` if the key may not be used for ``task``, and ``LimitReached``. The answer's headers say
    what is left.
    """
    origin = current_origin()
    key = current_key()
    require_scope(task)
    allowances = allowances_of(owner, key)
    standings = take(allowances, owner=owner, key=key)
    if origin is not None:
        origin.headers |= headers_for(standings)
    return allowances


def require_scope(task: str) -> None:
    """Raise ``KeyNotAllowed`` if the current request's API key may not be used for ``task``."""
    key = current_key()
    if key is not None and not key.allows_task(task):
        raise KeyNotAllowed(f"This API key may not be used for this: it is only for {key.scope_words}.")


def current_key() -> ApiKey | None:
    """Return the API key of the current request; ``None`` for a page, a command and a worker."""
    origin = current_origin()
    return origin.key if origin else None
