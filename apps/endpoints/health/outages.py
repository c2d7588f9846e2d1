"""Whether anything can do a task at the moment, by what is known: no server is asked."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from apps.endpoints.health.absence import Wanted
from apps.endpoints.models import Endpoint, Health

type Job = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Outages:
    """Which enabled servers do a job (variant and task), and which of those are up, as one query found them."""

    enabled: Mapping[Job, Collection[UUID]]
    up: Mapping[Job, Collection[UUID]]

    @property
    def jobs(self) -> set[Job]:
        """The jobs whose enabled servers are all down. They may come back, so it makes sense to wait.

        What no enabled server does is not among them: there is nothing to wait for.
        """
        return {job for job in self.enabled if job not in self.up}

    def hits(self, job: Job, wanted: Wanted | None = None) -> bool:
        """Whether who wants the job done, by any server or by one, has to wait for a server to come back."""
        if wanted is None:
            return job in self.jobs
        return wanted.endpoint_id not in self.up.get(job, ())


def read_outages() -> Outages:
    enabled: dict[Job, set[UUID]] = defaultdict(set)
    up: dict[Job, set[UUID]] = defaultdict(set)
    for endpoint in Endpoint.objects.enabled():
        for capability in endpoint.capabilities:
            enabled[endpoint.variant, capability].add(endpoint.pk)
            if endpoint.health != Health.DOWN:
                up[endpoint.variant, capability].add(endpoint.pk)
    return Outages(enabled, up)


def failures_of_those_down(endpoint_ids: Collection[UUID]) -> dict[UUID | None, int]:
    """How often those among these servers that are down have failed in a row."""
    down = Endpoint.objects.filter(pk__in=endpoint_ids, health=Health.DOWN)
    return dict(down.values_list("pk", "consecutive_failures"))
