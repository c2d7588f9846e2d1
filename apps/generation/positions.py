"""Count what comes before each queued generation, and estimate its wait."""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from apps.endpoints.health.absence import Wanted
from apps.endpoints.health.outages import Job, Outages
from apps.generation.log.entries import QueuePosition

# Estimates are rounded up. Each pair: estimates up to so many seconds become a multiple of so many.
STEPS = ((30, 5), (120, 15), (600, 60), (math.inf, 300))


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A queued generation.

    ``seconds`` is the mean duration of its variant's latest replies. ``busy`` counts the running replies, and
    ``busy_there`` the running replies on the endpoint that it wants. Only a variant's first row has the counts of each
    endpoint, as JSON.
    """

    generation_id: UUID
    owner_id: int
    attempt: int
    variant: str
    task: str
    wanted_name: str
    wanted_id: UUID | None
    is_stuck: bool
    seconds: float | None
    busy: int | None
    busy_there: int | None
    busy_by_endpoint: str | None

    @property
    def wanted(self) -> Wanted | None:
        return Wanted(self.wanted_name, self.wanted_id) if self.wanted_name else None

    @property
    def job(self) -> Job:
        return self.variant, self.task


@dataclass(frozen=True, slots=True)
class Reach:
    """The endpoints that may answer a generation which wants no certain endpoint: its job's, without ``barred``."""

    servers: frozenset[UUID]
    barred: frozenset[UUID]

    def meets(self, other: "Reach") -> bool:
        """Return whether both compete for an endpoint. Without barred endpoints they always do."""
        return not (self.barred or other.barred) or not self.servers.isdisjoint(other.servers)


def positions_of(rows: Sequence[QueueRow], outages: Outages) -> Iterator[QueuePosition]:
    """Yield the positions of one variant's queued generations, in the order of their turns.

    A generation counts the earlier generations that may take a slot which it could have. If it may run anywhere, it
    counts all that compete with it; if it wants an endpoint, all that may run there. A generation that is stuck on an
    endpoint that is down is ahead only of generations that want the same endpoint.
    """
    reach_of = _reaches(rows, outages)
    kinds = {reach for item, reach in zip(rows, reach_of, strict=True) if not item.wanted}
    rivals = {reach: [other for other in kinds if reach.meets(other)] for reach in kinds}
    seconds_each = {reach: _seconds_each(rows[0], reach) for reach in kinds}
    ahead: Counter[Reach] = Counter()
    unpinned: Counter[Reach] = Counter()
    pinned: Counter[Wanted] = Counter()
    for item, reach in zip(rows, reach_of, strict=True):
        if (wanted := item.wanted) is None:
            number = ahead[reach] + 1
            yield QueuePosition(number, estimate(number, seconds_each[reach]))
            unpinned[reach] += 1
            ahead.update(rivals[reach])
            continue
        going_there = [other for other in kinds if wanted.endpoint_id not in other.barred]
        there, seconds = pinned[wanted] + 1, None
        if item.seconds is not None and item.busy_there:
            others = sum(unpinned[other] * (seconds_each[other] or 0.0) for other in going_there)
            seconds = there * item.seconds / item.busy_there + others
        number = there + sum(unpinned[other] for other in going_there)
        yield QueuePosition(number, estimate(1, seconds), endpoint=wanted.name)
        pinned[wanted] += 1
        if not item.is_stuck:
            ahead.update(going_there)


def _reaches(rows: Sequence[QueueRow], outages: Outages) -> list[Reach]:
    @cache
    def reach(job: Job, barred: frozenset[UUID]) -> Reach:
        return Reach(outages.without(barred).servers(job), barred.intersection(outages.enabled.get(job, ())))

    return [reach(item.job, outages.barred.to(item.owner_id)) for item in rows]


def _seconds_each(first: QueueRow, reach: Reach) -> float | None:
    """Return the mean seconds between the ends of two replies within reach. ``first`` is the variant's first row."""
    by_endpoint: Mapping[str, int] = json.loads(first.busy_by_endpoint or "{}")
    busy = (first.busy or 0) - sum(by_endpoint.get(str(endpoint_id), 0) for endpoint_id in reach.barred)
    return first.seconds / busy if first.seconds is not None and busy > 0 else None


def estimate(position: int, seconds_each: float | None) -> int | None:
    """Return the seconds until a slot is free, rounded up; ``None`` without ``seconds_each``."""
    if seconds_each is None:
        return None
    seconds = position * seconds_each
    step = next(step for limit, step in STEPS if seconds <= limit)
    return max(1, math.ceil(seconds / step)) * step
