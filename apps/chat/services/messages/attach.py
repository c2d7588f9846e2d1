"""Attach text files to a question: they wait in its draft until it is sent, and then belong to it."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Sum
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from apps.accounts.models import User
from apps.chat.errors import FileGone, FileTooLarge, TooManyFiles
from apps.chat.models import Attachment, AttachmentQuerySet, Conversation, Message
from apps.chat.uploads import check_size, harmless_name, lines_in, text_in
from apps.inference.context import estimate_tokens

COPY = """
    INSERT INTO chat_attachment (owner_id, conversation_id, message_id, name, text, size, lines, tokens)
    SELECT conversation.owner_id, conversation.id, target.id,
           attachment.name, attachment.text, attachment.size, attachment.lines, attachment.tokens
    FROM unnest(%s::uuid[], %s::uuid[]) AS pair(source_id, target_id)
    JOIN chat_attachment AS attachment ON attachment.message_id = pair.source_id
    JOIN chat_message AS target ON target.id = pair.target_id
    JOIN chat_conversation AS conversation ON conversation.id = target.conversation_id
    WHERE %s::uuid[] IS NULL OR attachment.id = ANY(%s)
    ORDER BY attachment.id
"""


def attach_file(*, owner: User, conversation: Conversation | None, name: str, content: bytes) -> Attachment:
    """Keep a file for the owner's next question in ``conversation``; ``None`` stands for a new conversation.

    Raises ``NotAText``, ``FileTooLarge`` and ``TooManyFiles``.
    """
    name = harmless_name(name)
    check_size(name, len(content))
    attachment = new_attachment(name, text_in(name, content))
    attachment.owner, attachment.conversation = owner, conversation
    with transaction.atomic():
        # One upload at a time per person: two at once would both find the last free place.
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        _check_room(Attachment.objects.in_draft(owner, conversation), attachment)
        attachment.save(force_insert=True)
    return attachment


def new_attachment(name: str, text: str) -> Attachment:
    """Return an unsaved file with its figures, without owner and conversation."""
    size = len(text.encode())
    return Attachment(name=name, text=text, size=size, lines=lines_in(text), tokens=estimate_tokens(f"{name} {text}"))


def remove_file(*, attachment: Attachment) -> None:
    """Take a file out of its draft. A file that was sent meanwhile stays."""
    Attachment.objects.waiting().filter(pk=attachment.pk).delete()


def take_files(*, question: Message, ids: Collection[UUID]) -> None:
    """Give the waiting files ``ids`` to ``question``, within the transaction that stores the question.

    Raises ``FileGone`` if a file does not wait, and ``FileTooLarge`` and ``TooManyFiles`` if the files are too much
    for one question: files may come from several drafts.
    """
    if not ids:
        return
    owner = question.conversation.owner
    waiting = Attachment.objects.waiting().filter(owner=owner, pk__in=ids)
    files = list(waiting.without_text().select_for_update())
    if len(files) != len(set(ids)):
        raise FileGone
    _check_number(len(files))
    _check_together(files[-1].name, sum(file.size for file in files))
    waiting.update(message=question, conversation=question.conversation, queued=None)


def forget_files(*, owner: User, ids: Collection[UUID]) -> None:
    """Delete the files ``ids`` that still wait: the same question was sent before, with its own files."""
    Attachment.objects.waiting().filter(owner=owner, pk__in=ids).delete()


def copy_files(*, pairs: Sequence[tuple[UUID, UUID]], only: Collection[UUID] | None = None) -> None:
    """Copy the files of the first message of each pair to the second; with ``only``, just those."""
    sources, targets = [source for source, _ in pairs], [target for _, target in pairs]
    chosen = None if only is None else list(only)
    with connection.cursor() as cursor:
        cursor.execute(COPY, [sources, targets, chosen, chosen])


def purge_waiting() -> int:
    """Delete files that waited ``CHAT_ATTACHMENT_HOURS`` to be sent, and return how many."""
    before = timezone.now() - timedelta(hours=settings.CHAT_ATTACHMENT_HOURS)
    return Attachment.objects.waiting().filter(created_at__lt=before, queued__isnull=True).delete()[0]


def _check_room(others: AttachmentQuerySet, added: Attachment) -> None:
    there = others.aggregate(number=Count("pk"), size=Sum("size", default=0))
    _check_number(there["number"] + 1)
    _check_together(added.name, there["size"] + added.size)


def _check_number(number: int) -> None:
    most = settings.CHAT_ATTACHMENTS
    if number > most:
        raise TooManyFiles(f"At most {most} files go with one question. Remove one first.")


def _check_together(name: str, size: int) -> None:
    most = settings.CHAT_ATTACHMENTS_BYTES
    if size > most:
        raise FileTooLarge(
            f"With {name} the files of this question would have {filesizeformat(size)} together; "
            f"they may have {filesizeformat(most)}. Remove one, or attach a part."
        )
