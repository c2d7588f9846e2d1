"""Send a message: store the question, an empty reply and its generation, in one transaction."""

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from apps.accounts.models import User
from apps.chat.announcements import announce_messages
from apps.chat.errors import EmptyMessage, ReplyInProgress, TooManyReplies
from apps.chat.history import turns_for
from apps.chat.models import Conversation, Message, Role
from apps.generation.errors import TooManyAtOnce
from apps.generation.models import ACTIVE
from apps.generation.services.start import start_generation

TITLE_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and the reply to it."""

    conversation: Conversation
    question: Message
    reply: Message


def start_conversation(*, owner: User, text: str, idempotency_key: UUID | None = None) -> Exchange:
    """Begin a conversation with its first question. Raises ``EmptyMessage`` and ``TooManyReplies``.

    The same ``idempotency_key`` gives the same exchange: a double click makes one.
    """
    if not text.strip():
        raise EmptyMessage
    if earlier := _sent_before(owner, idempotency_key):
        return earlier
    try:
        with transaction.atomic():
            conversation = Conversation.objects.create(owner=owner, title=title_from(text))
            return _store(conversation, [], text, idempotency_key)
    except IntegrityError:
        # The other click of a double click was first, at the same moment.
        if earlier := _sent_before(owner, idempotency_key):
            return earlier
        raise


def send_message(*, conversation: Conversation, text: str, idempotency_key: UUID | None = None) -> Exchange:
    """Ask the next question. Raises ``EmptyMessage``, ``ReplyInProgress`` and ``TooManyReplies``."""
    if not text.strip():
        raise EmptyMessage
    with transaction.atomic():
        # One sender at a time: positions follow each other, and a second tab sees the first one's reply.
        Conversation.objects.select_for_update().get(pk=conversation.pk)
        if earlier := _sent_before(conversation.owner, idempotency_key):
            return earlier
        messages = list(conversation.messages.in_order())
        if any(message.state in ACTIVE for message in messages):
            raise ReplyInProgress
        exchange = _store(conversation, messages, text, idempotency_key)
        Conversation.objects.filter(pk=conversation.pk).update(updated_at=Now())
        ids = [exchange.question.pk, exchange.reply.pk]
        transaction.on_commit(partial(announce_messages, conversation.pk, ids))
    return exchange


def title_from(text: str) -> str:
    """The first line of the first question, cut at a word."""
    line = next(iter(text.strip().splitlines()), "").strip()
    if len(line) <= TITLE_LENGTH:
        return line
    return line[:TITLE_LENGTH].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def _store(conversation: Conversation, messages: list[Message], text: str, idempotency_key: UUID | None) -> Exchange:
    position = messages[-1].position + 1 if messages else 1
    question = Message.objects.create(conversation=conversation, position=position, role=Role.USER, question=text)
    try:
        generation = start_generation(
            owner=conversation.owner,
            variant="instruct",
            messages=turns_for(messages, text),
            parameters={"max_tokens": settings.CHAT_MAX_TOKENS},
            idempotency_key=idempotency_key,
        )
    except TooManyAtOnce as error:
        raise TooManyReplies(error.sentence) from error
    reply = Message.objects.create(
        conversation=conversation, position=position + 1, role=Role.ASSISTANT, generation=generation
    )
    return Exchange(conversation, question, reply)


def _sent_before(owner: User, idempotency_key: UUID | None) -> Exchange | None:
    if idempotency_key is None:
        return None
    reply = (
        Message.objects.select_related("conversation", "generation")
        .filter(generation__owner=owner, generation__idempotency_key=idempotency_key)
        .first()
    )
    if reply is None:
        return None
    question = Message.objects.get(conversation=reply.conversation, position=reply.position - 1)
    return Exchange(reply.conversation, question, reply)
