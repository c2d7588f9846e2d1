"""Store a question and its reply, in their place in the tree. For the services of this package.

Whoever calls has locked the conversation: versions are numbered, and one conversation has one reply at a time.
"""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Max
from django.db.models.functions import Now

from apps.chat.errors import ReplyInProgress, TooManyReplies
from apps.chat.history import turns_for
from apps.chat.models import Conversation, Message, Role
from apps.generation.errors import TooManyAtOnce
from apps.generation.models import ACTIVE
from apps.generation.services.start import start_generation


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and the reply to it."""

    conversation: Conversation
    question: Message
    reply: Message


def lock(conversation_id: UUID) -> Conversation:
    """Return the conversation, to be changed by this transaction alone.

    Raises ``ReplyInProgress`` while a reply is being written in any of its threads: the next question depends on it,
    and what a person sees being answered should be what they asked.
    """
    conversation = Conversation.objects.select_for_update().get(pk=conversation_id)
    if conversation.messages.filter(generation__state__in=ACTIVE).exists():
        raise ReplyInProgress
    return conversation


def store_question(conversation: Conversation, after: Message | None, text: str) -> Message:
    """Put a question after the message ``after``; ``None`` begins a thread of its own."""
    return Message.objects.create(
        conversation=conversation,
        parent=after,
        position=after.position + 1 if after else 1,
        version=_next_version(conversation, after),
        role=Role.USER,
        question=text,
    )


def store_reply(question: Message, idempotency_key: UUID | None) -> Exchange:
    """Have the question answered, and show that thread. Raises ``TooManyReplies``."""
    conversation = question.conversation
    earlier = conversation.messages.in_thread_to(question.parent_id).in_order()
    try:
        generation = start_generation(
            owner=conversation.owner,
            variant="instruct",
            messages=turns_for(earlier, question.question),
            parameters={"max_tokens": settings.CHAT_MAX_TOKENS},
            idempotency_key=idempotency_key,
        )
    except TooManyAtOnce as error:
        raise TooManyReplies(error.sentence) from error
    reply = Message.objects.create(
        conversation=conversation,
        parent=question,
        position=question.position + 1,
        version=_next_version(conversation, question),
        role=Role.ASSISTANT,
        generation=generation,
    )
    Conversation.objects.filter(pk=conversation.pk).update(current=reply, updated_at=Now())
    conversation.current = reply
    return Exchange(conversation, question, reply)


def _next_version(conversation: Conversation, parent: Message | None) -> int:
    last = conversation.messages.filter(parent=parent).aggregate(last=Max("version"))["last"]
    return (last or 0) + 1
