"""Delete conversations that nobody has used for long."""

from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.utils import timezone

from apps.chat.live.broadcast import broadcast_access
from apps.chat.models import Conversation, Message
from apps.generation.models import ACTIVE

AT_ONCE = 100  # conversations in a transaction


def delete_unused_conversations() -> int:
    """Delete conversations unused for ``RETAIN_CONVERSATIONS_DAYS``, and return how many; 0 days keep all for ever.

    Their owners can restore them for ``CHAT_DELETED_HOURS``, as after a deletion by hand.
    """
    deleted = 0
    if settings.RETAIN_CONVERSATIONS_DAYS:
        while batch := _delete_some():
            deleted += batch
    return deleted


@transaction.atomic
def _delete_some() -> int:
    oldest = timezone.now() - timedelta(days=settings.RETAIN_CONVERSATIONS_DAYS)
    active = Message.objects.filter(conversation=OuterRef("pk"), generation__state__in=ACTIVE)
    unused = Conversation.objects.filter(~Exists(active), deleted_at__isnull=True, updated_at__lt=oldest)
    # A sender holds the row and renews ``updated_at``: the conversation is skipped now, and not found at the next call.
    keys = [item.pk for item in unused.order_by("pk").only("pk").select_for_update(skip_locked=True)[:AT_ONCE]]
    Conversation.objects.filter(pk__in=keys).update(deleted_at=Now())
    for key in keys:
        transaction.on_commit(partial(broadcast_access, key))
    return len(keys)
