"""The chat's part when a person takes their data along, is switched off, or is deleted."""

from collections.abc import Iterator
from typing import Any

from apps.accounts.models import User
from apps.chat.live.broadcast import broadcast_access
from apps.chat.models import Conversation, QueuedMessage
from apps.chat.transfer.export import as_json
from apps.generation.services.leaving import stop_all_of


def export_conversations(person: User) -> Iterator[tuple[str, bytes]]:
    """Yield each conversation in the format that can be imported again; deleted ones are left out."""
    for conversation in Conversation.objects.visible_to(person).order_by("pk").iterator(chunk_size=100):
        yield f"conversations/{conversation.pk}.json", as_json(conversation)


def on_person_leaves(*, person: User, **_kwargs: Any) -> None:
    """Drop the messages that wait behind replies, and have the person's open pages check their access."""
    QueuedMessage.objects.filter(conversation__owner=person).delete()
    stop_all_of(person=person)  # a message that was queued was sent when the reply before it was stopped
    for conversation_id in Conversation.objects.filter(owner=person).values_list("pk", flat=True):
        broadcast_access(conversation_id)
