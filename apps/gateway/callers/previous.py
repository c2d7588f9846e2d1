"""``X-Cancel-Previous``: cancel the key's earlier request with the same value. Editors use it while a person types."""

from collections.abc import Callable
from hashlib import sha256
from uuid import UUID

from django.http import HttpRequest

from apps.accounts.models import ApiKey
from apps.gateway.errors import InvalidRequest
from apps.gateway.services import leave_generation
from apps.generation.models import Generation
from apps.stores.redis import sync_client

LONGEST = 255
SECONDS = 60 * 60  # longer than any generation takes


def replacing_previous(
    request: HttpRequest, key: ApiKey, start: Callable[[], list[Generation]]
) -> Callable[[], list[Generation]]:
    """Wrap ``start`` so that it cancels the key's earlier request with this header. Raises ``InvalidRequest``."""
    given = previous_of(request)
    if not given:
        return start
    name = f"workbench:previous:{key.pk}:{sha256(given.encode()).hexdigest()}"

    def start_instead() -> list[Generation]:
        _leave(sync_client().getdel(name))  # before the start, which may need its slot
        generations = start()
        ids = " ".join(str(generation.pk) for generation in generations)
        _leave(sync_client().set(name, ids, ex=SECONDS, get=True))  # a request that arrived between the two commands
        return generations

    return start_instead


def previous_of(request: HttpRequest) -> str:
    """Return the header's text; "" without one. Raises ``InvalidRequest``."""
    given = request.headers.get("X-Cancel-Previous", "").strip()
    if len(given) > LONGEST:
        raise InvalidRequest(f"X-Cancel-Previous is at most {LONGEST} characters.", param="X-Cancel-Previous")
    return given


def _leave(ids: object) -> None:
    for generation_id in ids.decode().split() if isinstance(ids, bytes) else ():
        leave_generation(UUID(generation_id))
