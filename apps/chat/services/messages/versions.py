"""Make and show versions: edited questions, and further replies to a question."""

from collections.abc import Collection
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from apps.chat.errors import EmptyMessage, NoQuestion
from apps.chat.live.broadcast import broadcast_thread
from apps.chat.models import Conversation, Message, Role
from apps.chat.services.messages.attach import copy_files
from apps.chat.services.messages.exchange import Exchange, lock, store_question, store_reply
from apps.chat.services.messages.send import sent_before


def edit_question(
    *, question: Message, text: str, keep: Collection[UUID] | None = None, idempotency_key: UUID | None = None
) -> Exchange:
    """Ask an edited question as a version beside ``question``, which keeps its replies.

    The files of ``question`` go with the edited question too, or only those that ``keep`` names.

    Raises ``EmptyMessage``, ``ReplyInProgress`` and ``TooManyReplies``.
    """
    if not text.strip():
        raise EmptyMessage
    with transaction.atomic():
        conversation = Conversation.objects.select_for_update().get(pk=question.conversation_id)
        if earlier := sent_before(conversation.owner, idempotency_key):
            return earlier
        conversation = lock(conversation.pk)
        edited = store_question(conversation, question.parent, text)
        copy_files(pairs=[(question.pk, edited.pk)], only=keep)
        exchange = store_reply(edited, idempotency_key)
        switched(conversation, edited)
    return exchange


def answer_again(*, reply: Message) -> Exchange:
    """Ask for another reply beside ``reply``. Raises what ``answer_question`` raises."""
    if reply.parent is None or reply.role != Role.ASSISTANT:
        raise NoQuestion
    return answer_question(question=reply.parent)


def answer_question(*, question: Message) -> Exchange:
    """Ask for a reply to a stored question, beside the replies that it has.

    Raises ``ReplyInProgress`` and ``TooManyReplies``.
    """
    with transaction.atomic():
        question.conversation = conversation = lock(question.conversation_id)  # with its settings
        exchange = store_reply(question, None)
        switched(conversation, exchange.reply)
    return exchange


def show_version(*, message: Message) -> Conversation:
    """Show the newest thread through ``message``. Raises ``ReplyInProgress``."""
    with transaction.atomic():
        conversation = lock(message.conversation_id)
        Conversation.objects.filter(pk=conversation.pk).update(current=latest_below(conversation, message))
        switched(conversation, message)
    return conversation


def latest_below(conversation: Conversation, message: Message) -> UUID:
    """Return the end of the newest thread below ``message``: at each step, the newest child."""
    below = conversation.messages.filter(position__gt=message.position).order_by("version")
    newest = dict(below.values_list("parent", "pk"))
    end = message.pk
    while end in newest:
        end = newest[end]
    return end


def switched(conversation: Conversation, to: Message | None) -> None:
    """Have open pages show another thread, which begins to differ at ``to``; ``None`` replaces all messages."""
    Conversation.objects.filter(pk=conversation.pk).update(switched_at=Now(), switched_to=to)
    transaction.on_commit(partial(broadcast_thread, conversation.pk))
