"""Whose turn it is, and how long the others wait."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from django.db import connection

from apps.endpoints.health.absence import Wanted, describe_absences
from apps.endpoints.health.outages import Job, read_outages
from apps.generation.log.entries import Place, QueuedGeneration

# Everybody's first before anybody's second, what a person has running counted in; then by age. One that waits for a
# server of its own to come back takes nobody's turn, not its owner's either.
TURNS = """
    SELECT queued.id, queued.variant, queued.task, queued.attempt, queued.created_at,
           queued.wanted_endpoint_id, queued.wanted_name, queued.stuck_since,
           count(*) FILTER (WHERE queued.wanted_name = '' OR queued.stuck_since IS NULL) OVER (
               PARTITION BY queued.variant, queued.owner_id ORDER BY queued.created_at, queued.id
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           ) + 1 + coalesce(busy.count, 0) AS turn
    FROM generation_generation AS queued
    LEFT JOIN (
        SELECT variant, owner_id, count(*) FROM generation_generation WHERE state = 'running' GROUP BY variant, owner_id
    ) AS busy USING (variant, owner_id)
    WHERE queued.state = 'queued'
"""
# Only the latest requests are looked at for how long one takes: their ids are in the order of time.
LINE = f"""
    WITH waiting AS ({TURNS}), running AS (
        SELECT variant, endpoint_id, count(*) AS busy
        FROM generation_generation WHERE state = 'running' GROUP BY variant, endpoint_id
    ), everywhere AS (
        SELECT variant, sum(busy)::int AS busy FROM running GROUP BY variant
    ), latest AS (
        SELECT variant, state, started_at, ended_at FROM generation_generation ORDER BY id DESC LIMIT 500
    ), pace AS (
        SELECT variant, avg(extract(epoch FROM ended_at - started_at))::float AS seconds
        FROM latest
        WHERE state = 'succeeded' AND started_at IS NOT NULL AND ended_at > now() - interval '15 minutes'
        GROUP BY variant
        HAVING count(*) >= 3
    )
    SELECT waiting.id, waiting.attempt, waiting.variant, waiting.task, waiting.wanted_name, waiting.wanted_endpoint_id,
           waiting.stuck_since IS NOT NULL, pace.seconds / everywhere.busy, pace.seconds / running.busy
    FROM waiting
    LEFT JOIN everywhere USING (variant)
    LEFT JOIN pace USING (variant)
    LEFT JOIN running ON running.variant = waiting.variant AND running.endpoint_id = waiting.wanted_endpoint_id
    ORDER BY waiting.variant, waiting.turn, waiting.created_at, waiting.id
"""  # noqa: S608 - made of constants
# An estimate says no more than it knows: (up to so many seconds, rounded up to a multiple of so many).
STEPS = ((30, 5), (120, 15), (600, 60), (math.inf, 300))


@dataclass(frozen=True, slots=True)
class InLine:
    """One that waits, as it stands in line: how many seconds pass, on average, between two ends of replies."""

    generation_id: UUID
    attempt: int
    variant: str
    task: str
    wanted_name: str
    wanted_id: UUID | None
    is_stuck: bool
    seconds_each: float | None
    seconds_each_there: float | None

    @property
    def wanted(self) -> Wanted | None:
        return Wanted(self.wanted_name, self.wanted_id) if self.wanted_name else None

    @property
    def job(self) -> Job:
        return self.variant, self.task


def waiting_generations() -> list[QueuedGeneration]:
    """Everything that waits, with its place and, where its servers are down, that; in a handful of queries."""
    with connection.cursor() as cursor:
        cursor.execute(LINE)
        line = [InLine(*row) for row in cursor.fetchall()]
    if not line:
        return []
    outages = read_outages()
    out = {item.generation_id for item in line if outages.hits(item.job, item.wanted)}
    absent = {item.wanted for item in line if item.wanted and item.generation_id in out}
    absences = describe_absences(absent)
    places = [place for _, of_variant in groupby(line, key=attrgetter("variant")) for place in _places(of_variant)]
    return [
        QueuedGeneration(
            item.generation_id,
            item.attempt,
            replace(place, servers_down=True, absence=absences.get(item.wanted, "") if item.wanted else "")
            if item.generation_id in out
            else place,
        )
        for item, place in zip(line, places, strict=True)
    ]


def _places(line: Iterable[InLine]) -> Iterator[Place]:
    """The places of those who wait in one line, in the order of their turns.

    Ahead of one that any server may write is everybody before it, for each may take the place that comes free; ahead
    of one that wants a server are those before it that may go there too. What waits for its own server to come back
    is ahead of nobody who goes elsewhere.
    """
    ahead = unpinned = 0
    pinned: Counter[Wanted] = Counter()
    for item in line:
        if (wanted := item.wanted) is None:
            yield Place(ahead + 1, estimate(ahead + 1, item.seconds_each))
            unpinned += 1
            ahead += 1
            continue
        there, seconds = pinned[wanted] + 1, item.seconds_each_there
        if seconds is not None:
            seconds = there * seconds + unpinned * (item.seconds_each or 0.0)
        yield Place(unpinned + there, estimate(1, seconds), endpoint=wanted.name)
        pinned[wanted] += 1
        ahead += not item.is_stuck


def place_of(generation_id: UUID) -> Place | None:
    """Where a generation stands in the queue; ``None`` where it does not wait."""
    return next((item.place for item in waiting_generations() if item.generation_id == generation_id), None)


def estimate(position: int, seconds_each: float | None) -> int | None:
    """Seconds until the place is free, rounded up; ``None`` where nothing runs or too little is known."""
    if seconds_each is None:
        return None
    seconds = position * seconds_each
    step = next(step for limit, step in STEPS if seconds <= limit)
    return max(1, math.ceil(seconds / step)) * step
