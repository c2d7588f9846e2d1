"""Claim the next waiting generation for this worker."""

from uuid import UUID

from django.conf import settings
from django.db import connection

from apps.generation.models import Generation, State, Task
from apps.generation.queue import TURNS

# Two workers that ask at once get different ones (SKIP LOCKED), and a row is claimed once.
CLAIM = f"""
    WITH waiting AS ({TURNS} AND queued.variant = %(variant)s AND queued.task = %(task)s
    ), chosen AS (
        SELECT generation.id
        FROM generation_generation AS generation JOIN waiting USING (id)
        WHERE generation.state = 'queued'
        ORDER BY waiting.turn, waiting.created_at, waiting.id
        LIMIT 1
        FOR UPDATE OF generation SKIP LOCKED
    )
    UPDATE generation_generation AS generation
    SET state = 'running',
        worker = %(worker)s,
        attempt = attempt + 1,
        lease_expires_at = now() + make_interval(secs => %(lease)s),
        started_at = coalesce(started_at, now())
    FROM chosen
    WHERE generation.id = chosen.id
    RETURNING generation.id
"""  # noqa: S608 - made of constants


def claim_next(*, variant: str, worker: str, task: str = Task.CHAT) -> Generation | None:
    """Make ``worker`` the one that runs the next generation of ``variant``; ``None`` where nothing waits."""
    given: dict[str, str | float] = {
        "variant": variant,
        "task": task,
        "worker": worker,
        "lease": settings.GENERATION_LEASE_SECONDS,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, given)
        row: tuple[UUID] | None = cursor.fetchone()
    return Generation.objects.get(pk=row[0]) if row else None


def next_waiting(*, variant: str) -> list[UUID]:
    """For each task that waits, a generation to name a ticket after; which one runs is decided by ``claim_next``."""
    waiting = Generation.objects.filter(variant=variant, state=State.QUEUED).order_by("task", "created_at")
    return list(waiting.distinct("task").values_list("pk", flat=True))
