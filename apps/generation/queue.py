"""The fair queue: whose turn it is, each generation's position, and the estimated wait."""

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
from apps.generation.log.entries import QueuedGeneration, QueuePosition

# A person's nth generation, running ones included, goes after everybody's (n-1)th; then by age. A generation stuck on
# an endpoint that is down does not count towards its owner's turns.
TURNS = """
    SELECT queued.id, queued.owner_id, queued.variant, queued.task, queued.attempt, queued.created_at,
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
# The pace comes from the latest 500 generations: ids are in the order of time.
QUEUE = f"""
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
    SELECT waiting.id, waiting.owner_id, waiting.attempt, waiting.variant, waiting.task,
           waiting.wanted_name, waiting.wanted_endpoint_id, waiting.stuck_since IS NOT NULL,
           pace.seconds / everywhere.busy, pace.seconds / running.busy
    FROM waiting
    LEFT JOIN everywhere USING (variant)
    LEFT JOIN pace USING (variant)
    LEFT JOIN running ON running.variant = waiting.variant AND running.endpoint_id = waiting.wanted_endpoint_id
    ORDER BY waiting.variant, waiting.turn, waiting.created_at, waiting.id
"""  # noqa: S608 - made of constants
LONG_QUEUE = 500
IS_LONG = "SELECT FROM generation_generation WHERE state = 'queued' OFFSET %s LIMIT 1"
# Estimates are rounded up: (up to this many seconds, to a multiple of this many).
STEPS = ((30, 5), (120, 15), (600, 60), (math.inf, 300))


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A queued generation. ``seconds_each``: mean seconds between two ends of replies, anywhere and on its endpoint."""

    generation_id: UUID
    owner_id: int
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


def queued_generations() -> list[QueuedGeneration]:
    """Return every queued generation with its position, and whether its endpoints are down."""
    with connection.cursor() as cursor:
        cursor.execute(QUEUE)
        rows = [QueueRow(*row) for row in cursor.fetchall()]
    if not rows:
        return []
    outages = read_outages(people={item.owner_id for item in rows})
    out = {item.generation_id for item in rows if outages.for_person(item.owner_id).hits(item.job, item.wanted)}
    absent = {item.wanted for item in rows if item.wanted and item.generation_id in out}
    absences = describe_absences(absent)
    positions = [
        position for _, of_variant in groupby(rows, key=attrgetter("variant")) for position in _positions(of_variant)
    ]
    return [
        QueuedGeneration(
            item.generation_id,
            item.attempt,
            replace(position, servers_down=True, absence=absences.get(item.wanted, "") if item.wanted else "")
            if item.generation_id in out
            else position,
        )
        for item, position in zip(rows, positions, strict=True)
    ]


def _positions(rows: Iterable[QueueRow]) -> Iterator[QueuePosition]:
    """Yield the positions of one variant's queued generations, in the order of their turns.

    A generation that may run anywhere counts everybody before it: each may take the slot that comes free. One that
    wants an endpoint counts those before it that may run there. One stuck on an endpoint that is down is ahead only of
    those that want the same endpoint.
    """
    ahead = unpinned = 0
    pinned: Counter[Wanted] = Counter()
    for item in rows:
        if (wanted := item.wanted) is None:
            yield QueuePosition(ahead + 1, estimate(ahead + 1, item.seconds_each))
            unpinned += 1
            ahead += 1
            continue
        there, seconds = pinned[wanted] + 1, item.seconds_each_there
        if seconds is not None:
            seconds = there * seconds + unpinned * (item.seconds_each or 0.0)
        yield QueuePosition(unpinned + there, estimate(1, seconds), endpoint=wanted.name)
        pinned[wanted] += 1
        ahead += not item.is_stuck


def position_of(generation_id: UUID) -> QueuePosition | None:
    """Return the generation's position, or ``None`` if it is not queued.

    ``None`` too in a queue of more than ``LONG_QUEUE``, which would be read whole for each page that asks: the next
    tick writes the position to the event log.
    """
    if _is_long():
        return None
    return next((item.position for item in queued_generations() if item.generation_id == generation_id), None)


def _is_long() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(IS_LONG, [LONG_QUEUE])
        return cursor.fetchone() is not None


def estimate(position: int, seconds_each: float | None) -> int | None:
    """Return the seconds until a slot is free, rounded up; ``None`` if nothing runs or too little is known."""
    if seconds_each is None:
        return None
    seconds = position * seconds_each
    step = next(step for limit, step in STEPS if seconds <= limit)
    return max(1, math.ceil(seconds / step)) * step
