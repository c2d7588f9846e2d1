"""Whether anything can do a task at the moment, by what is known: no server is asked."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from apps.endpoints.models import Endpoint, Health

type Job = tuple[str, str]


def jobs_down() -> set[Job]:
    """The variants and tasks whose enabled servers are all down. They may come back, so it makes sense to wait.

    What no enabled server does is not among them: there is nothing to wait for.
    """
    healths: dict[Job, set[str]] = defaultdict(set)
    for endpoint in Endpoint.objects.enabled():
        for capability in endpoint.capabilities:
            healths[endpoint.variant, capability].add(endpoint.health)
    return {job for job, seen in healths.items() if seen == {Health.DOWN}}


def failures_of_those_down(endpoint_ids: Collection[UUID]) -> dict[UUID | None, int]:
    """How often those among these servers that are down have failed in a row."""
    down = Endpoint.objects.filter(pk__in=endpoint_ids, health=Health.DOWN)
    return dict(down.values_list("pk", "consecutive_failures"))
