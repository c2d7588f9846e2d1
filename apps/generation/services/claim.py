"""Claim a queued generation for this worker."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from apps.generation.models import Generation, State


def claim_generation(*, generation_id: UUID, worker: str) -> Generation | None:
    """Make ``worker`` the one that runs the generation, or return ``None`` where another was first or it is over.

    One conditional UPDATE: a task delivered twice claims once.
    """
    claimed = Generation.objects.filter(pk=generation_id, state=State.QUEUED).update(
        state=State.RUNNING,
        worker=worker,
        attempt=F("attempt") + 1,
        lease_expires_at=Now() + timedelta(seconds=settings.GENERATION_LEASE_SECONDS),
        started_at=Coalesce("started_at", Now()),
    )
    if not claimed:
        return None
    return Generation.objects.get(pk=generation_id)
