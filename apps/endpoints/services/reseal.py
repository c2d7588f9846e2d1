"""Re-encrypt tokens after a change of ``SECRET_KEY``."""

from django.db import transaction

from apps.audit.models import Action
from apps.audit.services import record
from apps.endpoints.errors import TokenUnreadable
from apps.endpoints.models import Endpoint
from apps.endpoints.security.tokens import reseal


@transaction.atomic
def reseal_tokens() -> tuple[int, list[str]]:
    """Encrypt every token with the newest key; return their number and the names of unreadable ones."""
    unreadable = []
    endpoints = list(Endpoint.objects.select_for_update().exclude(sealed_token=""))
    for endpoint in endpoints:
        try:
            endpoint.sealed_token = reseal(endpoint.sealed_token)
        except TokenUnreadable:
            unreadable.append(endpoint.name)
        else:
            endpoint.save(update_fields=["sealed_token", "updated_at"])
    resealed = len(endpoints) - len(unreadable)
    record(Action.TOKENS_RESEALED, details=f"{resealed} encrypted, {len(unreadable)} not readable")
    return resealed, unreadable
