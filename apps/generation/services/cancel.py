"""Stop a generation, wherever it runs."""

from uuid import UUID

from django.db.models.functions import Now

from apps.generation import event_log
from apps.generation.events import Ended
from apps.generation.models import ACTIVE, Generation, State

CANCEL_CHANNEL = "workbench:generation:cancel"


def cancel_generation(*, generation_id: UUID) -> bool:
    """End the generation as cancelled, with the text that the log has at this moment; False where it was over.

    The end entry freezes the log: a worker that has not heard of the cancellation cannot append, and stops at the
    first token that it tries to write.
    """
    cancelled = Generation.objects.filter(pk=generation_id, state__in=ACTIVE).update(
        state=State.CANCELLED, lease_expires_at=None, ended_at=Now()
    )
    if not cancelled:
        return False
    event_log.end_log(generation_id, Ended(state=State.CANCELLED))
    event_log.sync_client().publish(CANCEL_CHANNEL, str(generation_id))
    _keep_what_was_shown(generation_id)
    return True


def _keep_what_was_shown(generation_id: UUID) -> None:
    """The text and the figures of which the log knows more than the last checkpoint."""
    generation = Generation.objects.only("text", "text_length", "first_token_at").get(pk=generation_id)
    tail = event_log.read_log(generation_id, after=generation.text_length)
    tokens = tail.ended.usage.get("completion_tokens") if tail.ended else None
    Generation.objects.filter(pk=generation_id, state=State.CANCELLED, text_length=generation.text_length).update(
        text=generation.text + tail.text,
        text_length=tail.offset_after,
        completion_tokens=tokens or None,
        first_token_at=generation.first_token_at or event_log.first_token_at(generation_id),
    )
