"""Delete a question with its replies out of a conversation."""

from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max, Q

from apps.chat.errors import NoQuestion
from apps.chat.models import Conversation, Message, Role
from apps.chat.services.messages.exchange import lock
from apps.chat.services.messages.versions import latest_below, switched
from apps.generation.models import Generation

# Later messages move up by two positions, a question and a reply. So do the positions stored in ``told``.
MOVE_UP = """
    WITH RECURSIVE below (id) AS (
        SELECT id FROM chat_message WHERE id = ANY(%(roots)s::uuid[])
        UNION ALL
        SELECT later.id FROM chat_message AS later JOIN below ON later.parent_id = below.id
    )
    UPDATE chat_message SET
        position = position - 2,
        parent_id = CASE WHEN id = ANY(%(roots)s::uuid[]) THEN %(parent)s::uuid ELSE parent_id END,
        version = CASE WHEN id = ANY(%(roots)s::uuid[])
            THEN %(last)s + array_position(%(roots)s::uuid[], id) ELSE version END,
        told = ARRAY(
            SELECT CASE WHEN told_at > %(position)s THEN told_at - 2 ELSE told_at END
            FROM unnest(told) AS told_at WHERE told_at <> %(position)s
        )
    WHERE id IN (SELECT id FROM below)
"""


def delete_exchange(*, question: Message) -> Conversation:
    """Delete the question and all its replies, for good. Later questions stay, and follow the earlier ones.

    Other versions of the question stay as well. Raises ``NoQuestion``, ``ReplyInProgress`` and ``ConversationGone``.
    """
    if question.role != Role.USER:
        raise NoQuestion
    with transaction.atomic():
        conversation = lock(question.conversation_id)
        question = conversation.messages.get(pk=question.pk)
        replies = conversation.messages.filter(parent=question)
        later = conversation.messages.filter(parent__in=replies).order_by("parent__version", "version")
        roots = list(later.values_list("pk", flat=True))
        shown = conversation.current_id
        _move_up(question, roots)
        Generation.objects.filter(message__in=list(replies.values_list("pk", flat=True))).delete()
        question.delete()
        _show(conversation, shown, roots, question.parent)
    return conversation


def _move_up(question: Message, roots: list[UUID]) -> None:
    siblings = Message.objects.filter(conversation=question.conversation_id, parent=question.parent_id)
    last = siblings.aggregate(last=Max("version"))["last"] or 0
    values = {"roots": roots, "parent": question.parent_id, "last": last, "position": question.position}
    with connection.cursor() as cursor:
        cursor.execute(MOVE_UP, values)


def _show(conversation: Conversation, shown: UUID | None, roots: list[UUID], before: Message | None) -> None:
    """Keep the thread that was shown. If its end was deleted, show the nearest thread."""
    there = conversation.messages
    if shown is None or not there.filter(pk=shown).exists():
        beside = there.filter(Q(pk__in=roots) | Q(parent=before, position=(before.position if before else 0) + 1))
        following = beside.order_by("-version").first() or before
        end = latest_below(conversation, following) if following else None
        Conversation.objects.filter(pk=conversation.pk).update(current=end)
    switched(conversation, before)
