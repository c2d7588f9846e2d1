"""Find tasks that no endpoint can do now, by stored facts; no server is called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from apps.endpoints.group_rights import Barred, read_barred
from apps.endpoints.health.absence import Wanted
from apps.endpoints.models import Endpoint, Health

type Job = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Outages:
    """The enabled endpoints of each job (variant and task), and which of them are up.

    ``barred`` holds the endpoints that certain people may not use: ``for_person`` leaves them out.
    """

    enabled: Mapping[Job, Collection[UUID]]
    up: Mapping[Job, Collection[UUID]]
    barred: Barred = field(default_factory=Barred)

    def for_person(self, person_id: int) -> Outages:
        return self.without(self.barred.to(person_id))

    def without(self, endpoint_ids: frozenset[UUID]) -> Outages:
        """Return the outages as if these endpoints did not exist."""
        if not endpoint_ids:
            return self
        return Outages(_remove(self.enabled, endpoint_ids), _remove(self.up, endpoint_ids))

    @property
    def jobs(self) -> set[Job]:
        """Return the jobs whose enabled endpoints are all down: waiting makes sense, since they may come back.

        Jobs that no enabled endpoint does are not included.
        """
        return {job for job in self.enabled if job not in self.up}

    def servers(self, job: Job) -> frozenset[UUID]:
        """Return the endpoints of the job that are up; all enabled ones if none is."""
        return frozenset(self.up.get(job) or self.enabled.get(job, ()))

    def hits(self, job: Job, wanted: Wanted | None = None) -> bool:
        """Return whether this job, on any endpoint or on one, has to wait for a server to come back."""
        if wanted is None:
            return job in self.jobs
        return wanted.endpoint_id not in self.up.get(job, ())


def _remove(jobs: Mapping[Job, Collection[UUID]], endpoint_ids: frozenset[UUID]) -> Mapping[Job, Collection[UUID]]:
    left = {job: set(ids) - endpoint_ids for job, ids in jobs.items()}
    return {job: ids for job, ids in left.items() if ids}


def read_outages(*, with_refusing: bool = False, people: Collection[int] = ()) -> Outages:
    """Read which endpoints are up. ``with_refusing`` counts endpoints that refuse work as down.

    ``people`` are the ids that ``for_person`` will be called with.
    """
    enabled: dict[Job, set[UUID]] = defaultdict(set)
    up: dict[Job, set[UUID]] = defaultdict(set)
    endpoints = list(Endpoint.objects.enabled().with_groups())
    for endpoint in endpoints:
        for capability in endpoint.capabilities:
            enabled[endpoint.variant, capability].add(endpoint.pk)
            if endpoint.health != Health.DOWN and not (with_refusing and endpoint.refuses):
                up[endpoint.variant, capability].add(endpoint.pk)
    return Outages(enabled, up, read_barred(endpoints, people))


def failures_of_those_down(endpoint_ids: Collection[UUID]) -> dict[UUID | None, int]:
    """Return the failures in a row of each of these endpoints that is down."""
    down = Endpoint.objects.filter(pk__in=endpoint_ids, health=Health.DOWN)
    return dict(down.values_list("pk", "consecutive_failures"))
