"""Claim the next queued generation for this worker."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import QuerySet

from apps.endpoints.models import Endpoint
from apps.generation.models import Generation, State, Task
from apps.generation.queue import TURNS

# Two workers that claim at once get different generations (SKIP LOCKED), and each is claimed once.
CLAIM = f"""
    WITH waiting AS ({TURNS} AND queued.variant = %(variant)s AND queued.task = %(task)s
    ), chosen AS (
        SELECT generation.id
        FROM generation_generation AS generation JOIN waiting USING (id)
        WHERE generation.state = 'queued'
          AND (generation.wanted_endpoint_id = %(endpoint)s OR (generation.wanted_name = '' AND %(whoever)s))
        ORDER BY waiting.turn, waiting.created_at, waiting.id
        LIMIT 1
        FOR UPDATE OF generation SKIP LOCKED
    )
    UPDATE generation_generation AS generation
    SET state = 'running',
        worker = %(worker)s,
        endpoint_id = coalesce(%(endpoint)s, generation.endpoint_id),
        attempt = attempt + 1,
        lease_expires_at = now() + make_interval(secs => %(lease)s),
        started_at = coalesce(started_at, now())
    FROM chosen
    WHERE generation.id = chosen.id
    RETURNING generation.*
"""  # noqa: S608 - made of constants
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


def wishes(*, variant: str, task: str) -> Sequence[UUID | None]:
    """Return the endpoints that queued generations want (``None``: any), in the order of turns."""
    return _in_turn(list(_wanted(variant, task)), variant, task)


def endpoints_and_wishes(*, variant: str, task: str) -> tuple[list[Endpoint], Sequence[UUID | None]]:
    """Return the endpoints of ``variant``, preferred ones first, and ``wishes``: mostly from one query."""
    endpoints: list[Any] = list(
        Endpoint.objects.serving(variant).preferred_first().annotate(wishes=ArraySubquery(_wanted(variant, task)))
    )
    wanted = endpoints[0].wishes if endpoints else list(_wanted(variant, task))
    return endpoints, _in_turn(wanted, variant, task)


def _wanted(variant: str, task: str) -> QuerySet[Generation, UUID | None]:
    waiting = Generation.objects.filter(variant=variant, task=task, state=State.QUEUED).order_by()
    reachable = waiting.exclude(wanted_endpoint=None, wanted_name__gt="")
    return reachable.values_list("wanted_endpoint", flat=True).distinct()


def _in_turn(wanted: list[UUID | None], variant: str, task: str) -> Sequence[UUID | None]:
    if len(wanted) < 2:  # noqa: PLR2004 - mostly nobody wants a certain endpoint
        return wanted
    with connection.cursor() as cursor:
        cursor.execute(WISHES, {"variant": variant, "task": task})
        return [endpoint_id for (endpoint_id,) in cursor.fetchall()]


def claim_next(
    *, variant: str, worker: str, task: str = Task.CHAT, endpoint_id: UUID | None = None, whoever: bool = True
) -> Generation | None:
    """Claim the next generation of ``variant`` that may run on the endpoint for ``worker``; ``None`` if there is none.

    Without ``whoever``, claim only one that wants this endpoint and no other.
    """
    given: dict[str, str | float | UUID | None] = {
        "variant": variant,
        "task": task,
        "worker": worker,
        "lease": settings.GENERATION_LEASE_SECONDS,
        "endpoint": endpoint_id,
        "whoever": whoever,
    }
    return next(iter(Generation.objects.raw(CLAIM, given)), None)


def next_queued(*, variant: str) -> list[UUID]:
    """Return one queued generation per task, to name a ticket after; ``claim_next`` decides which one runs."""
    waiting = Generation.objects.filter(variant=variant, state=State.QUEUED).order_by("task", "created_at")
    return list(waiting.distinct("task").values_list("pk", flat=True))
