"""Continue a generation that ended before it was complete."""

from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from apps.endpoints.health.absence import Wanted
from apps.generation.errors import GenerationComplete
from apps.generation.log import store
from apps.generation.log.entries import Ended
from apps.generation.models import Generation, State
from apps.generation.services.enqueue import enqueue
from apps.generation.services.start import require_room, wanted_fields
from apps.inference.context import estimate_tokens
from apps.usage.services import admit_request


def resume_generation(*, generation_id: UUID, more_tokens: int, wanted: Wanted | None = None) -> Generation:
    """Queue the generation again, to continue its text by up to ``more_tokens`` on the ``wanted`` endpoint.

    Raises ``GenerationComplete`` if there is nothing to continue, ``StoreFull``, ``TooManyAtOnce`` and
    ``LimitReached``.
    """
    store.require_memory()
    with transaction.atomic():
        generation = Generation.objects.select_for_update().select_related("owner").get(pk=generation_id)
        if not generation.broke_off:
            raise GenerationComplete
        # A Stop a moment ago may not have ended the log yet, nor stored the text that readers have seen.
        store.end_log(generation.pk, Ended.of(generation), attempt=generation.attempt, text=generation.text)
        generation.text += store.read_log(generation.pk, after=len(generation.text)).text
        generation.text_length = len(generation.text)
        if not generation.can_go_on:
            raise GenerationComplete
        require_room(generation.owner, admit_request(owner=generation.owner, task=generation.task))
        generation.state = State.QUEUED
        # Keeps a worker that has not heard of the end from writing.
        generation.attempt += 1
        written = generation.completion_tokens or estimate_tokens(generation.text)
        generation.parameters |= {"max_tokens": written + more_tokens}
        generation.error = generation.error_kind = generation.finish_reason = ""
        generation.lost_leases = 0
        generation.stuck_since = None
        for name, value in wanted_fields(wanted).items():
            setattr(generation, name, value)
        generation.started_at = generation.ended_at = None
        generation.enqueued_at = Now()
        generation.save()
        # Before the commit: a reader that sees the generation queued must not find the end in its log.
        store.begin_anew(generation.pk, attempt=generation.attempt, text=generation.text, tokens=written)
        transaction.on_commit(partial(enqueue, [generation.pk]))
    return generation
