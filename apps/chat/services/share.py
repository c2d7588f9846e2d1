"""Share a copy of a conversation by link, and take the link back."""

from typing import Any

from django.db import transaction

from apps.chat.errors import NothingToShare, ReplyInProgress
from apps.chat.models import Attachment, Conversation, Message, Share
from apps.chat.selectors import text_of
from apps.generation.models import ACTIVE, State


def share_conversation(*, conversation: Conversation) -> Share:
    """Copy the current thread with its files, and make a link to the copy.

    Raises ``NothingToShare`` and ``ReplyInProgress``.
    """
    with transaction.atomic():
        thread = conversation.thread.select_related("generation__endpoint").prefetch_related("attachments")
        messages = list(thread.order_by("position"))
        if any(message.state in ACTIVE for message in messages):
            raise ReplyInProgress
        files: list[dict[str, str]] = []
        turns = [_turn(message, files) for message in messages]
        if not any(turn["role"] == "assistant" and turn["text"] for turn in turns):
            raise NothingToShare
        return Share.objects.create(conversation=conversation, title=conversation.title, turns=turns, files=files)


def revoke_share(*, share: Share) -> None:
    """Delete the copy and its link."""
    Share.objects.filter(pk=share.pk).delete()


def files_to_share(conversation: Conversation) -> int:
    """Return how many files a copy would contain."""
    return Attachment.objects.filter(message__in=conversation.thread).count()


def _turn(message: Message, files: list[dict[str, str]]) -> dict[str, Any]:
    """Return the message for a copy, and append its files to ``files``."""
    turn: dict[str, Any] = {"role": message.role, "text": text_of(message), "at": message.created_at.isoformat()}
    for file in message.attachments.all():
        listed = {"number": len(files), "name": file.name, "size": file.size, "lines": file.lines}
        turn.setdefault("files", []).append(listed)
        files.append({"name": file.name, "text": file.text})
    # Readers of a shared copy learn no names of servers.
    if models := [name for name in message.authors if name not in message.servers]:
        turn["authors"] = models
    if message.passages:
        turn["passages"] = message.passages
    if message.generation and (message.state != State.SUCCEEDED or not turn["text"].strip()):
        turn["state"] = message.state  # the copy says why the reply is blank or incomplete
    return turn
