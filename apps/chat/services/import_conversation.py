"""Import a conversation from a file. No model is asked."""

import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from msgspec.structs import asdict

from apps.accounts.models import User
from apps.chat.conversation_settings.servers import chat_servers
from apps.chat.conversation_settings.values import Settings, put_settings
from apps.chat.models import Attachment, Conversation, Message, Role
from apps.chat.services.messages.attach import new_attachment
from apps.chat.titles import UNTITLED, one_line
from apps.chat.transfer.format import ConversationFile, FileMessage, FileSettings
from apps.chat.uploads import harmless_name, with_lf
from apps.generation.models import Generation

ROWS = 500  # at once
FILES = 20


def import_conversation(*, owner: User, file: ConversationFile) -> Conversation:
    """Store the conversation of a file for the owner. Its replies are over."""
    rows = _rows(file)
    with transaction.atomic():
        title = one_line(file.title) or UNTITLED
        conversation = Conversation(owner=owner, title=title, mode=file.mode, created_at=file.created_at)
        put_settings(conversation, _settings(file, owner))
        conversation.save()
        for message in rows.values():
            message.conversation = conversation
            if message.generation is not None:
                message.generation.owner = owner
        replies = [message.generation for message in rows.values() if message.generation is not None]
        Generation.objects.bulk_create(replies, batch_size=ROWS)
        Message.objects.bulk_create(rows.values(), batch_size=ROWS)
        Attachment.objects.bulk_create(_attachments(file, rows, conversation), batch_size=FILES)
        conversation.current = rows[file.current]
        conversation.save(update_fields=["current"])
    return conversation


def import_conversations(*, owner: User, files: Sequence[ConversationFile]) -> list[Conversation]:
    """Store all conversations of the files for the owner, or none."""
    with transaction.atomic():
        return [import_conversation(owner=owner, file=file) for file in files]


def _settings(file: ConversationFile, owner: User) -> Settings:
    """Return the file's settings. If the owner may not use the file's endpoint, any endpoint may reply."""
    chosen = asdict(file.settings or FileSettings())
    if not chat_servers(owner.pk).named(chosen["endpoint"]):
        chosen["endpoint"] = ""
    return chosen


def _rows(file: ConversationFile) -> dict[int, Message]:
    """Return unsaved messages by their numbers in the file, parents before children."""
    rows: dict[int, Message] = {}
    versions: dict[int | None, int] = {}
    for item in file.messages:
        versions[item.parent] = versions.get(item.parent, 0) + 1
        parent = None if item.parent is None else rows[item.parent]
        rows[item.id] = Message(
            id=_id_of(item.created_at),
            parent=parent,
            position=parent.position + 1 if parent else 1,
            version=versions[item.parent],
            role=item.role,
            question=item.text if item.role == Role.USER else "",
            generation=None if item.role == Role.USER else _generation(item),
            passages=[asdict(passage) for passage in item.passages] if item.role == Role.ASSISTANT else [],
            rating=item.rating or "",
            comment=item.comment,
            created_at=item.created_at,
        )
    return rows


def _attachments(file: ConversationFile, rows: dict[int, Message], conversation: Conversation) -> Iterator[Attachment]:
    for item in file.messages:
        for given in item.attachments:
            attachment = new_attachment(harmless_name(given.name), with_lf(given.text))
            attachment.owner, attachment.conversation = conversation.owner, conversation
            attachment.message = rows[item.id]
            yield attachment


def _generation(item: FileMessage) -> Generation:
    return Generation(
        id=_id_of(item.created_at),
        state=item.state,
        messages=[],
        text=item.text,
        text_length=len(item.text),
        finish_reason=item.finish_reason,
        error=item.error,
        prompt_tokens=item.prompt_tokens,
        completion_tokens=item.completion_tokens,
        created_at=item.created_at,
        enqueued_at=item.created_at,
        first_token_at=item.first_token_at,
        ended_at=item.ended_at or item.created_at,
    )


def _id_of(moment: datetime) -> UUID:
    """Return a version 7 UUID of that moment: the queue takes higher ids for later requests."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62))
