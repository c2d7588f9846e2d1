"""Which endpoint a generation goes to."""

from collections.abc import Collection
from uuid import UUID

from apps.endpoints.errors import NoEndpointAvailable
from apps.endpoints.models import Endpoint


def choose_endpoint(*, variant: str, excluding: Collection[UUID] = ()) -> Endpoint:
    """The enabled endpoint of ``variant`` with the highest priority, by name among equals, none of ``excluding``.

    Raises ``NoEndpointAvailable``. Reads stored facts only and asks no server.
    """
    candidates = Endpoint.objects.enabled().serving(variant).exclude(pk__in=excluding)
    endpoint = candidates.preferred_first().first()
    if endpoint is None:
        raise NoEndpointAvailable(
            f"No enabled endpoint serves the {variant} variant: an admin can add or enable one under Endpoints."
        )
    return endpoint
