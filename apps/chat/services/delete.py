"""Delete conversations: they vanish at once, and are purged some hours later."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from apps.chat.live.broadcast import broadcast_access
from apps.chat.models import Conversation, ConversationQuerySet, Message
from apps.chat.services.messages.stop import stop_replies
from apps.generation.models import ACTIVE, Generation

AT_ONCE = 100  # conversations in a transaction


def delete_conversation(*, conversation: Conversation) -> None:
    """Delete the conversation, close its open pages and stop its reply.

    ``restore_conversation`` undoes all but the stop.
    """
    delete_conversations(conversations=Conversation.objects.filter(pk=conversation.pk))


def delete_conversations(*, conversations: ConversationQuerySet) -> list[Conversation]:
    """Delete the conversations with the same time, and return those that existed.

    By this time ``ConversationQuerySet.deleted_with`` finds them again, to restore them together.
    """
    with transaction.atomic():
        # A sender holds the row, or finds it deleted. Lock rows in one order, so that two deletions cannot deadlock.
        there = list(conversations.order_by("pk").select_for_update().values_list("pk", flat=True))
        Conversation.objects.filter(pk__in=there).update(deleted_at=Now())
        gone = list(Conversation.objects.filter(pk__in=there))
        transaction.on_commit(partial(_leave, gone))
    return gone


def restore_conversation(*, conversation: Conversation) -> None:
    """Restore the conversation."""
    restore_conversations(conversations=Conversation.objects.filter(pk=conversation.pk))


def restore_conversations(*, conversations: ConversationQuerySet) -> int:
    """Restore the conversations, and return how many."""
    return conversations.update(deleted_at=None)


def purge_deleted() -> int:
    """Purge conversations deleted more than ``CHAT_DELETED_HOURS`` ago, and return how many."""
    deleted = Conversation.objects.filter(deleted_at__lt=_hours_ago(settings.CHAT_DELETED_HOURS))
    return _purge(deleted.order_by("deleted_at"))


def purge_temporary() -> int:
    """Purge temporary conversations that are deleted or unused for ``CHAT_TEMPORARY_HOURS``, and return how many."""
    is_over = Q(deleted_at__isnull=False) | Q(updated_at__lt=_hours_ago(settings.CHAT_TEMPORARY_HOURS))
    active = Message.objects.filter(conversation=OuterRef("pk"), generation__state__in=ACTIVE)
    over = Conversation.objects.filter(is_over, ~Exists(active), is_temporary=True)
    return _purge(over.order_by("updated_at"))


def _purge(conversations: ConversationQuerySet) -> int:
    purged = 0
    while batch := _purge_some(conversations):
        purged += batch
    return purged


def _purge_some(conversations: ConversationQuerySet) -> int:
    with transaction.atomic():
        # Locked, so that nobody restores a conversation that is half purged.
        gone = [item.pk for item in conversations.select_for_update(skip_locked=True, of=("self",))[:AT_ONCE]]
        Generation.objects.filter(message__conversation__in=gone).delete()
        Conversation.objects.filter(pk__in=gone).delete()
    return len(gone)


def _hours_ago(hours: float) -> datetime:
    return timezone.now() - timedelta(hours=hours)


def _leave(conversations: Sequence[Conversation]) -> None:
    stop_replies(conversations=conversations)
    for conversation in conversations:
        broadcast_access(conversation.pk)
