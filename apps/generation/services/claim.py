"""Claim the next queued generation for this worker."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import UUIDField
from django.db.models.expressions import RawSQL

from apps.endpoints.group_rights import NOBODY, read_barred
from apps.endpoints.models import Endpoint
from apps.endpoints.models.endpoint import EndpointQuerySet
from apps.generation.models import Generation, Task
from apps.generation.queue import TURNS
from apps.stores.compiled import compiled, prepared

FRONT = 200  # generations of a queue that are searched for a first turn
# True if the endpoint names no group, or one of the owner's. Checked at the claim: groups change while people wait.
MAY_USE = """(
    NOT EXISTS (SELECT FROM endpoints_endpoint_groups WHERE endpoint_id = %(endpoint)s::uuid)
    OR EXISTS (
        SELECT FROM endpoints_endpoint_groups AS named JOIN accounts_user_groups AS own USING (group_id)
        WHERE named.endpoint_id = %(endpoint)s::uuid AND own.user_id = generation.owner_id
    )
    OR EXISTS (SELECT FROM accounts_user AS owner WHERE owner.id = generation.owner_id AND owner.is_superuser)
)"""
MAY_RUN = f"""
    generation.state = 'queued'
    AND CASE
        WHEN %(only)s::uuid IS NOT NULL THEN generation.id = %(only)s::uuid
        ELSE generation.wanted_endpoint_id = %(endpoint)s OR (generation.wanted_name = '' AND %(whoever)s)
    END
    AND (%(owners)s::bigint[] IS NULL OR generation.owner_id = ANY(%(owners)s::bigint[]))
    AND {MAY_USE}
"""
# Named one by one: a prepared statement may not change its columns when a migration adds one.
COLUMNS = ", ".join(f"generation.{field.column}" for field in Generation._meta.concrete_fields)
TAKE = f"""
    UPDATE generation_generation AS generation
    SET state = 'running',
        worker = %(worker)s,
        endpoint_id = coalesce(%(endpoint)s, generation.endpoint_id),
        attempt = attempt + 1,
        lease_expires_at = now() + make_interval(secs => %(lease)s),
        started_at = coalesce(started_at, now())
    FROM chosen
    WHERE generation.id = chosen.id
    RETURNING {COLUMNS}
"""  # noqa: S608 - made of constants
# The oldest first turn is the next in any queue, and mostly near its front, so a queue of ten thousand costs no more
# than a queue of ten. ``CLAIM`` reads the whole queue; it decides if everybody at the front has had a first turn.
# OFFSET 0 makes Postgres look owners up by the index one by one; a join would read everybody's generations.
CLAIM_FIRST_TURN = f"""
    WITH oldest AS (
        SELECT id FROM generation_generation
        WHERE state = 'queued' AND variant = %(variant)s AND task = %(task)s
        ORDER BY created_at, id LIMIT {FRONT}
    ), chosen AS (
        SELECT generation.id
        FROM generation_generation AS generation JOIN oldest USING (id)
        WHERE {MAY_RUN}
          AND NOT EXISTS (
              SELECT FROM generation_generation AS running
              WHERE running.owner_id = generation.owner_id AND running.variant = %(variant)s
                AND running.state = 'running'
              OFFSET 0
          ) AND NOT EXISTS (
              SELECT FROM generation_generation AS earlier
              WHERE earlier.owner_id = generation.owner_id AND earlier.variant = %(variant)s
                AND earlier.state = 'queued' AND earlier.task = %(task)s
                AND (earlier.wanted_name = '' OR earlier.stuck_since IS NULL)
                AND (earlier.created_at, earlier.id) < (generation.created_at, generation.id)
              OFFSET 0
          )
        ORDER BY generation.created_at, generation.id
        LIMIT 1
        FOR UPDATE OF generation SKIP LOCKED
    )
    {TAKE}
"""  # noqa: S608 - made of constants
# Two workers that claim at once get different generations (SKIP LOCKED), and each is claimed once.
CLAIM = f"""
    WITH waiting AS ({TURNS} AND queued.variant = %(variant)s AND queued.task = %(task)s
    ), chosen AS (
        SELECT generation.id
        FROM generation_generation AS generation JOIN waiting USING (id)
        WHERE {MAY_RUN}
        ORDER BY waiting.turn, waiting.created_at, waiting.id
        LIMIT 1
        FOR UPDATE OF generation SKIP LOCKED
    )
    {TAKE}
"""  # noqa: S608 - made of constants
# The wanted endpoints (NULL: any) in no order. Only generations that want a certain endpoint are read one by one.
WANTED = """
    (
        SELECT NULL::uuid FROM generation_generation
        WHERE state = 'queued' AND variant = %s AND task = %s AND wanted_name = '' LIMIT 1
    )
    UNION ALL
    SELECT DISTINCT wanted_endpoint_id FROM generation_generation
    WHERE state = 'queued' AND variant = %s AND task = %s AND wanted_endpoint_id IS NOT NULL
"""
NEXT = """
    SELECT tasks.task, oldest.id
    FROM unnest(%s::text[]) AS tasks(task) CROSS JOIN LATERAL (
        SELECT id FROM generation_generation
        WHERE state = 'queued' AND variant = %s AND task = tasks.task
        ORDER BY created_at, id LIMIT 1
    ) AS oldest
"""
# The wanted endpoints (NULL: any), ordered by the first turn of each.
WISHES = f"""
    WITH waiting AS ({TURNS} AND queued.variant = %(variant)s AND queued.task = %(task)s
    ), firsts AS (
        SELECT DISTINCT ON (wanted_endpoint_id) wanted_endpoint_id, turn, created_at, id
        FROM waiting WHERE wanted_name = '' OR wanted_endpoint_id IS NOT NULL
        ORDER BY wanted_endpoint_id, turn, created_at, id
    )
    SELECT wanted_endpoint_id FROM firsts ORDER BY turn, created_at, id
"""  # noqa: S608 - made of constants
# The same for each owner, with the generation whose turn comes first.
WISHES_OF_OWNERS = f"""
    WITH waiting AS ({TURNS} AND queued.variant = %(variant)s AND queued.task = %(task)s
    ), firsts AS (
        SELECT DISTINCT ON (owner_id, wanted_endpoint_id) owner_id, wanted_endpoint_id, turn, created_at, id
        FROM waiting WHERE wanted_name = '' OR wanted_endpoint_id IS NOT NULL
        ORDER BY owner_id, wanted_endpoint_id, turn, created_at, id
    )
    SELECT wanted_endpoint_id, owner_id, id FROM firsts ORDER BY turn, created_at, id
"""  # noqa: S608 - made of constants


@dataclass(frozen=True, slots=True)
class Wish:
    """The endpoint that queued generations want; ``only`` is ``None`` for any.

    If endpoints name groups, the generations' ``owners`` may not use ``barred``, and ``first`` is the generation whose
    turn comes first.
    """

    only: UUID | None = None
    barred: frozenset[UUID] = NOBODY
    first: UUID | None = None
    owners: tuple[int, ...] | None = None


def endpoints_and_wishes(*, variant: str, task: str) -> tuple[list[Endpoint], Sequence[Wish]]:
    """Return the endpoints of ``variant``, preferred ones first, and the wishes in the order of turns.

    One query if nobody wants a certain endpoint and no endpoint names groups.
    """
    endpoints: list[Any] = _read_endpoints_and_wishes(variant, task)
    if any(endpoint.group_ids for endpoint in endpoints):
        return endpoints, _wishes_of_owners(endpoints, variant, task)
    found = endpoints[0].wishes if endpoints else _wanted(variant, task)
    return endpoints, [Wish(only) for only in _in_turn(found, variant, task)]


@compiled
def _read_endpoints_and_wishes(variant: str, task: str) -> EndpointQuerySet:
    wanted = RawSQL(f"ARRAY({WANTED})", (variant, task) * 2, output_field=ArrayField(UUIDField()))  # noqa: S611
    return Endpoint.objects.serving(variant).preferred_first().with_groups().annotate(wishes=wanted)


def _wishes_of_owners(endpoints: list[Endpoint], variant: str, task: str) -> Sequence[Wish]:
    with connection.cursor() as cursor:
        cursor.execute(WISHES_OF_OWNERS, {"variant": variant, "task": task})
        rows = cursor.fetchall()
    barred = read_barred(endpoints, {owner_id for _, owner_id, _ in rows})
    alike: dict[tuple[UUID | None, frozenset[UUID]], list[tuple[int, UUID]]] = defaultdict(list)
    for only, owner_id, first in rows:
        alike[only, barred.to(owner_id)].append((owner_id, first))
    return [
        Wish(*key, first=firsts[0][1], owners=tuple(owner_id for owner_id, _ in firsts))
        for key, firsts in alike.items()
    ]


def _wanted(variant: str, task: str) -> list[UUID | None]:
    with connection.cursor() as cursor:
        cursor.execute(WANTED, (variant, task) * 2)
        return [endpoint_id for (endpoint_id,) in cursor.fetchall()]


def _in_turn(wanted: list[UUID | None], variant: str, task: str) -> Sequence[UUID | None]:
    if len(wanted) < 2:  # noqa: PLR2004 - mostly nobody wants a certain endpoint
        return wanted
    with connection.cursor() as cursor:
        cursor.execute(WISHES, {"variant": variant, "task": task})
        return [endpoint_id for (endpoint_id,) in cursor.fetchall()]


def claim_next(  # noqa: PLR0913 (a claim has that many conditions)
    *,
    variant: str,
    worker: str,
    task: str = Task.CHAT,
    endpoint_id: UUID | None = None,
    whoever: bool = True,
    only: UUID | None = None,
    owners: Sequence[int] | None = None,
) -> Generation | None:
    """Claim the next generation of ``variant`` that may run on the endpoint for ``worker``; ``None`` if there is none.

    Without ``whoever``, claim only a generation that wants this endpoint; with ``owners``, only a generation of these
    people. ``only`` names the one generation to claim, for any endpoint: it cannot run, and is claimed to be ended.
    """
    given: dict[str, str | float | UUID | list[int] | None] = {
        "variant": variant,
        "task": task,
        "worker": worker,
        "lease": settings.GENERATION_LEASE_SECONDS,
        "endpoint": endpoint_id,
        "whoever": whoever,
        "only": only,
        "owners": None if owners is None else list(owners),
    }
    for query in (CLAIM_FIRST_TURN, CLAIM):
        with prepared(connection):
            if claimed := next(iter(Generation.objects.raw(query, given)), None):
                return claimed
    return None


def next_queued(*, variant: str) -> list[tuple[str, UUID]]:
    """Return each task for which a generation waits, with the id of its oldest generation for a ticket.

    ``claim_next`` decides which one runs.
    """
    with prepared(connection), connection.cursor() as cursor:
        cursor.execute(NEXT, [list(Task.values), variant])
        return [(task, generation_id) for task, generation_id in cursor.fetchall()]
