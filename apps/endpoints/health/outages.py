"""Whether any endpoint can do a task now, judged by stored facts; no server is called."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from apps.endpoints.health.absence import Wanted
from apps.endpoints.models import Endpoint, Health

type Job = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Outages:
    """The enabled endpoints of each job (variant and task), and which of them are up, from one query."""

    enabled: Mapping[Job, Collection[UUID]]
    up: Mapping[Job, Collection[UUID]]

    @property
    def jobs(self) -> set[Job]:
        """Return the jobs whose enabled endpoints are all down: waiting makes sense, since they may come back.

        Jobs that no enabled endpoint does are not included.
        """
        return {job for job in self.enabled if job not in self.up}

    def hits(self, job: Job, wanted: Wanted | None = None) -> bool:
        """Return whether this job, on any endpoint or on one, has to wait for a server to come back."""
        if wanted is None:
            return job in self.jobs
        return wanted.endpoint_id not in self.up.get(job, ())


def read_outages(*, with_refusing: bool = False) -> Outages:
    """Read which endpoints are up; ``with_refusing`` counts those that refuse work as busy among the others."""
    enabled: dict[Job, set[UUID]] = defaultdict(set)
    up: dict[Job, set[UUID]] = defaultdict(set)
    for endpoint in Endpoint.objects.enabled():
        for capability in endpoint.capabilities:
            enabled[endpoint.variant, capability].add(endpoint.pk)
            if endpoint.health != Health.DOWN and not (with_refusing and endpoint.refuses):
                up[endpoint.variant, capability].add(endpoint.pk)
    return Outages(enabled, up)


def failures_of_those_down(endpoint_ids: Collection[UUID]) -> dict[UUID | None, int]:
    """Return the failures in a row of each of these endpoints that is down."""
    down = Endpoint.objects.filter(pk__in=endpoint_ids, health=Health.DOWN)
    return dict(down.values_list("pk", "consecutive_failures"))
