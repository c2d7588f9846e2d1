"""Let a generation that waits for one endpoint run on any endpoint."""

from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from apps.generation.models import Generation, State
from apps.generation.services.enqueue import enqueue
from apps.generation.services.start import wanted_fields


def unpin_generation(*, generation_id: UUID) -> bool:
    """Let the generation run on any endpoint. Return False if it does not wait for a certain endpoint."""
    with transaction.atomic():
        waiting = Generation.objects.filter(pk=generation_id, state=State.QUEUED).exclude(wanted_name="")
        is_free = bool(waiting.update(**wanted_fields(None), stuck_since=None, enqueued_at=Now()))
        if is_free:
            transaction.on_commit(partial(enqueue, [generation_id]))
    return is_free
