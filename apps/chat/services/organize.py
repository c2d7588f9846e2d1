"""Rename, pin and archive conversations."""

from functools import partial

from django.db import transaction
from django.db.models.functions import Now

from apps.chat.errors import EmptyTitle
from apps.chat.live.broadcast import broadcast_title
from apps.chat.models import Conversation, ConversationQuerySet, TitleOrigin
from apps.chat.titles import one_line

TITLE_LENGTH = 120


def rename_conversation(*, conversation: Conversation, title: str) -> None:
    """Set the title: one line of at most 120 characters. Raises ``EmptyTitle``."""
    line = one_line(title)[:TITLE_LENGTH].rstrip()
    if not line:
        raise EmptyTitle
    _update(conversation, title=line, title_origin=TitleOrigin.GIVEN, beside_changed_at=Now())
    transaction.on_commit(partial(broadcast_title, conversation.pk, line))


def pin_conversation(*, conversation: Conversation, pinned: bool) -> None:
    """Pin or unpin the conversation. A pinned conversation leaves the archive."""
    if pinned:
        _update(conversation, pinned_at=Now(), archived_at=None)
    else:
        _update(conversation, pinned_at=None)


def archive_conversation(*, conversation: Conversation, archived: bool) -> None:
    """Take the conversation out of the sidebar, or put it back. It stays readable, and search finds it."""
    _update(conversation, archived_at=Now() if archived else None)


def archive_conversations(*, conversations: ConversationQuerySet) -> list[Conversation]:
    """Archive the conversations with the same time, and return those that were in the sidebar.

    By this time ``ConversationQuerySet.archived_with`` finds them again, to put them back together.
    """
    with transaction.atomic():
        there = list(conversations.listed().order_by("pk").select_for_update().values_list("pk", flat=True))
        Conversation.objects.filter(pk__in=there).update(archived_at=Now())
    return list(Conversation.objects.filter(pk__in=there))


def unarchive_conversations(*, conversations: ConversationQuerySet) -> int:
    """Put the conversations back into the sidebar, and return how many."""
    return conversations.update(archived_at=None)


def keep_conversation(*, conversation: Conversation) -> None:
    """List a temporary conversation from now on."""
    Conversation.objects.filter(pk=conversation.pk).update(is_temporary=False)


def _update(conversation: Conversation, **changes: Now | str | None) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(**changes)
    conversation.refresh_from_db(fields=list(changes))
