"""The fair queue: everybody's turn, and each generation's position."""

from dataclasses import replace
from functools import cache
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from django.db import connection

from apps.endpoints.health.absence import describe_absences
from apps.endpoints.health.outages import read_outages
from apps.generation.log.entries import QueuedGeneration, QueuePosition
from apps.generation.positions import QueueRow, positions_of

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
# The pace comes from the latest 500 generations: ids are in the order of time. The first row of each variant counts the
# running generations of each endpoint.
QUEUE = f"""
    WITH waiting AS ({TURNS}), running AS (
        SELECT variant, endpoint_id, count(*) AS busy
        FROM generation_generation WHERE state = 'running' GROUP BY variant, endpoint_id
    ), everywhere AS (
        SELECT variant, sum(busy)::int AS busy,
               jsonb_object_agg(endpoint_id, busy) FILTER (WHERE endpoint_id IS NOT NULL) AS by_endpoint
        FROM running GROUP BY variant
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
           pace.seconds, everywhere.busy, running.busy,
           CASE WHEN row_number() OVER in_turn = 1 THEN everywhere.by_endpoint END
    FROM waiting
    LEFT JOIN everywhere USING (variant)
    LEFT JOIN pace USING (variant)
    LEFT JOIN running ON running.variant = waiting.variant AND running.endpoint_id = waiting.wanted_endpoint_id
    WINDOW in_turn AS (PARTITION BY waiting.variant ORDER BY waiting.turn, waiting.created_at, waiting.id)
    ORDER BY waiting.variant, waiting.turn, waiting.created_at, waiting.id
"""  # noqa: S608 - made of constants
LONG_QUEUE = 500
IS_LONG = "SELECT FROM generation_generation WHERE state = 'queued' OFFSET %s LIMIT 1"


def queued_generations() -> list[QueuedGeneration]:
    """Return every queued generation with its position, and whether its endpoints are down."""
    with connection.cursor() as cursor:
        cursor.execute(QUEUE)
        rows = [QueueRow(*row) for row in cursor.fetchall()]
    if not rows:
        return []
    outages = read_outages(people={item.owner_id for item in rows})
    without = cache(outages.without)  # people with the same rights have the same outages
    outages_of = {owner_id: without(outages.barred.to(owner_id)) for owner_id in {item.owner_id for item in rows}}
    out = {item.generation_id for item in rows if outages_of[item.owner_id].hits(item.job, item.wanted)}
    absent = {item.wanted for item in rows if item.wanted and item.generation_id in out}
    absences = describe_absences(absent)
    positions = [
        position
        for _, of_variant in groupby(rows, key=attrgetter("variant"))
        for position in positions_of(list(of_variant), outages)
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


def position_of(generation_id: UUID) -> QueuePosition | None:
    """Return the generation's position, or ``None`` if it is not queued.

    Return ``None`` too for a queue longer than ``LONG_QUEUE``: each page that asks would read the whole queue. The next
    reaping writes the position to the event log.
    """
    if _is_long():
        return None
    return next((item.position for item in queued_generations() if item.generation_id == generation_id), None)


def _is_long() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(IS_LONG, [LONG_QUEUE])
        return cursor.fetchone() is not None
