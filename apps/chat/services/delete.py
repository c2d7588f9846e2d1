"""Delete conversations: gone at once for everybody, and for good a while later."""

from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from apps.chat.announcements import announce_gone
from apps.chat.models import Conversation, ConversationQuerySet
from apps.chat.services.stop import stop_reply
from apps.generation.models import Generation

AT_ONCE = 100  # conversations in a transaction


def delete_conversation(*, conversation: Conversation) -> None:
    """Take it away, close its open pages and stop what is being written in it.

    ``restore_conversation`` undoes that, but for the reply.
    """
    with transaction.atomic():
        # Whoever is sending a message has the row, or will find that it is deleted.
        Conversation.objects.select_for_update().get(pk=conversation.pk)
        Conversation.objects.filter(pk=conversation.pk).update(deleted_at=Now())
        transaction.on_commit(partial(_leave, conversation))


def restore_conversation(*, conversation: Conversation) -> None:
    """Bring it back as it was."""
    Conversation.objects.filter(pk=conversation.pk).update(deleted_at=None)


def purge_deleted() -> int:
    """Forget what was deleted more than ``CHAT_DELETED_HOURS`` ago; how many conversations that were."""
    before = timezone.now() - timedelta(hours=settings.CHAT_DELETED_HOURS)
    purged = 0
    while batch := _purge_some(before):
        purged += batch
    return purged


def _purge_some(before: datetime) -> int:
    with transaction.atomic():
        # Locked, so that nobody restores one that is half gone.
        gone = [item.pk for item in _deleted(before).select_for_update(skip_locked=True)[:AT_ONCE]]
        Generation.objects.filter(message__conversation__in=gone).delete()
        Conversation.objects.filter(pk__in=gone).delete()
    return len(gone)


def _deleted(before: datetime) -> ConversationQuerySet:
    return Conversation.objects.filter(deleted_at__lt=before).order_by("deleted_at")


def _leave(conversation: Conversation) -> None:
    stop_reply(conversation=conversation)
    announce_gone(conversation.pk)
