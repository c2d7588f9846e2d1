"""Whose turn it is, and how long the others wait."""

import math
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from apps.endpoints.outages import jobs_down
from apps.generation.events import Place

# Everybody's first before anybody's second, what a person has running counted in; then by age.
TURNS = """
    SELECT queued.id, queued.variant, queued.task, queued.attempt, queued.created_at,
           row_number() OVER (PARTITION BY queued.variant, queued.owner_id ORDER BY queued.created_at, queued.id)
               + coalesce(busy.count, 0) AS turn
    FROM generation_generation AS queued
    LEFT JOIN (
        SELECT variant, owner_id, count(*) FROM generation_generation WHERE state = 'running' GROUP BY variant, owner_id
    ) AS busy USING (variant, owner_id)
    WHERE queued.state = 'queued'
"""
# Only the latest requests are looked at for how long one takes: their ids are in the order of time.
PLACES = f"""
    WITH waiting AS ({TURNS}), running AS (
        SELECT variant, count(*) AS busy FROM generation_generation WHERE state = 'running' GROUP BY variant
    ), latest AS (
        SELECT variant, state, started_at, ended_at FROM generation_generation ORDER BY id DESC LIMIT 500
    ), pace AS (
        SELECT variant, avg(extract(epoch FROM ended_at - started_at))::float AS seconds
        FROM latest
        WHERE state = 'succeeded' AND started_at IS NOT NULL AND ended_at > now() - interval '15 minutes'
        GROUP BY variant
        HAVING count(*) >= 3
    )
    SELECT waiting.id, waiting.variant, waiting.task, waiting.attempt,
           row_number() OVER (
               PARTITION BY waiting.variant ORDER BY waiting.turn, waiting.created_at, waiting.id
           ) AS position,
           pace.seconds / running.busy
    FROM waiting LEFT JOIN running USING (variant) LEFT JOIN pace USING (variant)
"""  # noqa: S608 - made of constants
# An estimate says no more than it knows: (up to so many seconds, rounded up to a multiple of so many).
STEPS = ((30, 5), (120, 15), (600, 60), (math.inf, 300))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A generation that waits; ``attempt`` is how often it was claimed before."""

    generation_id: UUID
    attempt: int
    place: Place


def waiting_generations() -> list[Waiting]:
    """Everything that waits, with its place and, where its servers are down, that; in two queries."""
    with connection.cursor() as cursor:
        cursor.execute(PLACES)
        rows = cursor.fetchall()
    down = jobs_down() if rows else set()
    return [
        Waiting(
            generation_id, attempt, Place(position, estimate(position, seconds), servers_down=(variant, task) in down)
        )
        for generation_id, variant, task, attempt, position, seconds in rows
    ]


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
