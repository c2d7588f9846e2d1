"""The chat's part when a person takes their data along, is switched off, or is deleted."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from apps.accounts.export import as_json as in_json
from apps.accounts.models import User
from apps.chat.live.broadcast import broadcast_access
from apps.chat.models import Conversation, Folder, Preset, QueuedMessage
from apps.chat.transfer.export import as_json
from apps.generation.services.leaving import stop_all_of


def export_conversations(person: User) -> Iterator[tuple[str, bytes]]:
    """Yield each conversation in the format that can be imported again. Deleted conversations are left out."""
    for conversation in Conversation.objects.visible_to(person).order_by("pk").iterator(chunk_size=100):
        yield f"conversations/{conversation.pk}.json", as_json(conversation)


def export_folders_and_presets(person: User) -> Iterator[tuple[str, bytes]]:
    """Yield the person's folders, each with the ids of its conversations, and their own presets."""
    within: dict[int | None, list[UUID]] = defaultdict(list)
    mine = Conversation.objects.visible_to(person).filter(folder__isnull=False).order_by("pk")
    for folder_id, conversation_id in mine.values_list("folder", "pk"):
        within[folder_id].append(conversation_id)
    folders = Folder.objects.owned_by(person).values("pk", "name", "system_prompt", "parameters", "created_at")
    yield "folders.json", in_json([{**folder, "conversations": within[folder["pk"]]} for folder in folders])
    named = ("name", "description", "system_prompt", "opening", "parameters", "created_at")
    yield "presets.json", in_json(list(Preset.objects.owned_by(person).values(*named)))


def on_person_leaves(*, person: User, **_kwargs: Any) -> None:
    """Drop the messages that wait behind replies, and have the person's open pages check their access."""
    QueuedMessage.objects.filter(conversation__owner=person).delete()
    stop_all_of(person=person)  # a message that was queued was sent when the reply before it was stopped
    for conversation_id in Conversation.objects.filter(owner=person).values_list("pk", flat=True):
        broadcast_access(conversation_id)
