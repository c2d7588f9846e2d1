"""Admit a request for a reply, by the limits of its person and its API key."""

from apps.accounts.keys.scopes import current_key, require_scope_for
from apps.accounts.models import User
from apps.audit.origin import current_origin
from apps.usage.allowances import Allowance, allowances_of, headers_for
from apps.usage.counters import take


def admit_request(*, owner: User, task: str) -> list[Allowance]:
    """Count a request of ``owner`` with the current request's API key, and return the allowances that it uses.

    Raises ``KeyNotAllowed`` if the key may not be used for ``task``, and ``LimitReached``. The response headers tell
    the remaining limits.
    """
    origin = current_origin()
    key = current_key()
    require_scope_for(task)
    allowances = allowances_of(owner, key)
    standings = take(allowances, owner=owner, key=key)
    if origin is not None:
        origin.headers |= headers_for(standings)
    return allowances
