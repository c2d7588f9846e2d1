"""Store a reply that needs no model."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db.models.functions import Now

from apps.accounts.models import User
from apps.generation.models import Generation, State


def store_answer(
    *,
    owner: User,
    variant: str,
    messages: Sequence[Mapping[str, str]],
    text: str,
    idempotency_key: UUID | None = None,
) -> Generation:
    """Store a generation that has succeeded with ``text``; it is never queued.

    Raises ``IntegrityError`` if the owner used ``idempotency_key`` before.
    """
    generation = Generation.objects.create(
        owner=owner,
        variant=variant,
        messages=[dict(message) for message in messages],
        idempotency_key=idempotency_key,
        state=State.SUCCEEDED,
        text=text,
        text_length=len(text),
        finish_reason="stop",
        ended_at=Now(),
    )
    generation.refresh_from_db()
    return generation
