"""``Idempotency-Key``: a repeated request gets the existing generation."""

from uuid import UUID, uuid5

from django.http import HttpRequest

from apps.gateway.errors import InvalidRequest

NAMESPACE = UUID("7c0e5f0a-6f0b-5d0e-9d0c-2a6f7f3c1f55")
LONGEST = 255


def idempotency_key_of(request: HttpRequest) -> UUID | None:
    """Return the id that stands for the header's text; ``None`` without one. Raises ``InvalidRequest``."""
    given = request.headers.get("Idempotency-Key", "").strip()
    if len(given) > LONGEST:
        raise InvalidRequest(f"An Idempotency-Key is at most {LONGEST} characters.", param="Idempotency-Key")
    return uuid5(NAMESPACE, given) if given else None
