"""Store a question and its reply in the tree of messages, for the other services.

The caller has locked the conversation: versions are numbered, and a conversation has one reply at a time.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, Max, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from apps.chat.context.grounding import Grounds
from apps.chat.context.history import Turn, history_for
from apps.chat.conversation_settings.servers import ChatServers
from apps.chat.conversation_settings.values import parameters_for
from apps.chat.errors import ConversationGone, NoMemory, ReplyInProgress, TooManyReplies
from apps.chat.models import Conversation, Message, Role
from apps.chat.models.conversation import ConversationQuerySet
from apps.chat.services.messages.attach import take_files
from apps.chat.services.messages.grounds import grounds_for
from apps.generation.errors import StoreFull, TooManyAtOnce
from apps.generation.models import ACTIVE, Generation
from apps.generation.services.answer import store_answer
from apps.generation.services.start import start_generation
from apps.stores.compiled import compiled
from apps.stores.inserts import insert
from apps.usage.errors import LimitReached

# Shows the thread that ends with a new reply.
SHOW = """
    UPDATE chat_conversation SET current_id = new.id, updated_at = statement_timestamp(), archived_at = NULL
    FROM new WHERE chat_conversation.id = new.conversation_id
"""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and the reply to it.

    ``is_shown_as_stored``: both messages carry all that pages show, so they need not be read again.
    """

    conversation: Conversation
    question: Message
    reply: Message
    is_shown_as_stored: bool = False


def lock(conversation_id: UUID) -> Conversation:
    """Return the conversation, to be changed by this transaction alone.

    Raises ``ConversationGone``, and ``ReplyInProgress`` while a reply is being written in any of its threads: the next
    question depends on that reply, and people should see the reply to what they asked.
    """
    conversation = lock_row(conversation_id)
    require_idle(conversation)
    return conversation


def lock_row(conversation_id: UUID) -> Conversation:
    """Return the conversation, to be changed by this transaction alone."""
    return Conversation.objects.select_for_update().get(pk=conversation_id)


def require_idle(conversation: Conversation) -> None:
    """Raise ``ConversationGone`` or ``ReplyInProgress`` unless a question may be asked in it."""
    if conversation.deleted_at is not None:
        raise ConversationGone
    if conversation.messages.filter(generation__state__in=ACTIVE).exists():
        raise ReplyInProgress


@dataclass(frozen=True, slots=True)
class ThreadEnd:
    """The place of the next question, and the reasons to refuse it: from one query, under the lock.

    ``last`` and its ``position`` are the end of the thread; ``versions`` and ``last_version`` count the questions that
    follow it already. ``active`` counts the owner's unfinished generations.
    """

    last: UUID | None
    position: int
    last_at: datetime | None
    versions: int
    last_version: int
    is_busy: bool
    was_sent: bool
    active: int


def lock_with_owner(conversation_id: UUID) -> Conversation:
    """Return the conversation with its owner. Lock both: until the transaction ends, no other reply starts."""
    for locked in _lock_with_owner(conversation_id):
        return locked
    raise Conversation.DoesNotExist


@compiled
def _lock_with_owner(conversation_id: UUID) -> ConversationQuerySet:
    # NO KEY lets foreign keys refer to both rows.
    locked = Conversation.objects.select_related("owner").select_for_update(of=("self", "owner"), no_key=True)
    return locked.filter(pk=conversation_id)


def read_thread_end(conversation: Conversation, idempotency_key: UUID | None) -> ThreadEnd:
    """Read the end of the thread. ``was_sent``: the owner used ``idempotency_key`` before."""
    (row,) = _read_thread_end(conversation.pk, conversation.current_id, conversation.owner_id, idempotency_key)
    return ThreadEnd(*row)


@compiled
def _read_thread_end(
    conversation_id: UUID, current_id: UUID | None, owner_id: int, idempotency_key: UUID | None
) -> QuerySet[Conversation, tuple[Any, ...]]:
    messages = Message.objects.filter(conversation=conversation_id)
    beside = messages.filter(parent=current_id).order_by().values("conversation")
    active = Generation.objects.active().filter(owner=owner_id).order_by().values("owner")
    sent = Generation.objects.filter(owner=owner_id, idempotency_key=idempotency_key)
    return Conversation.objects.filter(pk=conversation_id).values_list(
        "current_id",
        Coalesce("current__position", 0),
        "current__created_at",
        Coalesce(Subquery(beside.annotate(number=Count("pk")).values("number")), 0),
        Coalesce(Subquery(beside.annotate(last=Max("version")).values("last")), 0),
        Exists(messages.filter(generation__state__in=ACTIVE)),
        Exists(sent) if idempotency_key else Value(value=False),
        Coalesce(Subquery(active.annotate(number=Count("pk")).values("number")), 0),
    )


def require_next(conversation: Conversation, end: ThreadEnd) -> None:
    """Raise ``ConversationGone`` or ``ReplyInProgress`` unless a question may be asked there."""
    if conversation.deleted_at is not None:
        raise ConversationGone
    if end.is_busy:
        raise ReplyInProgress


def store_next_question(
    conversation: Conversation, end: ThreadEnd, text: str, *, files: Collection[UUID], form_key: UUID | None
) -> Message:
    """Store a question at the end of the thread. Raises what ``store_question`` raises."""
    question = insert(
        Message(
            conversation=conversation,
            parent_id=end.last,
            position=end.position + 1,
            version=end.last_version + 1,
            role=Role.USER,
            question=text,
            key=form_key,
        )
    )
    take_files(question=question, ids=files)
    question.versions, question.previous_at = end.versions + 1, end.last_at
    return question


def store_question(
    conversation: Conversation,
    after: Message | None,
    text: str,
    *,
    files: Collection[UUID] = (),
    form_key: UUID | None = None,
) -> Message:
    """Store a question after the message ``after``; ``None`` begins a thread.

    ``files`` wait in drafts of the owner's. The page that sent the question knows it by ``form_key``. Raises
    ``FileGone``, ``FileTooLarge`` and ``TooManyFiles``.
    """
    question = insert(
        Message(
            conversation=conversation,
            parent=after,
            position=after.position + 1 if after else 1,
            version=_next_version(conversation, after),
            role=Role.USER,
            question=text,
            key=form_key,
        )
    )
    take_files(question=question, ids=files)
    return question


def store_reply(  # noqa: PLR0913 (what is known need not be read)
    question: Message,
    idempotency_key: UUID | None,
    *,
    is_first: bool = False,
    has_files: bool = True,
    counted: int | None = None,
    servers: ChatServers | None = None,
) -> Exchange:
    """Store a reply and queue its generation, and show its thread. Raises ``TooManyReplies``.

    ``is_first``: the question has no reply yet. Without ``has_files`` it is known to have none. ``counted`` as in
    ``start_generation``.
    """
    conversation = question.conversation
    history = history_for(question, has_files=has_files, servers=servers)
    grounds = grounds_for(question)
    generation = _store_generation(conversation, history.turns, grounds, idempotency_key, counted)
    reply = insert(
        Message(
            conversation=conversation,
            parent=question,
            position=question.position + 1,
            version=1 if is_first else _next_version(conversation, question),
            role=Role.ASSISTANT,
            generation=generation,
            passages=grounds.listed if grounds else [],
            turn_starts=[] if grounds and grounds.answer else history.turn_starts,
        ),
        also=SHOW,
    )
    conversation.current = reply
    return Exchange(conversation, question, reply)


def have_at_hand(exchange: Exchange) -> Exchange:
    """Return the exchange with all that ``in_order`` reads: it was just stored, first and without files."""
    exchange.reply.versions, exchange.reply.previous_at = 1, exchange.question.created_at
    for message in (exchange.question, exchange.reply):
        message.have_no_files()
    return replace(exchange, is_shown_as_stored=True)


def _store_generation(
    conversation: Conversation,
    turns: list[Turn],
    grounds: Grounds | None,
    idempotency_key: UUID | None,
    counted: int | None,
) -> Generation:
    """Store the guide's own answer if it has one, or ask a model, with a system prompt before ``turns``."""
    if grounds and grounds.answer:
        return store_answer(
            owner=conversation.owner,
            variant="instruct",
            messages=turns,
            text=grounds.answer,
            idempotency_key=idempotency_key,
        )
    if system_prompt := _system_prompt(conversation, grounds):
        turns.insert(0, {"role": "system", "content": system_prompt})
    return _start(conversation, turns, idempotency_key, counted)


def _start(
    conversation: Conversation, turns: list[Turn], idempotency_key: UUID | None, counted: int | None
) -> Generation:
    try:
        return start_generation(
            owner=conversation.owner,
            variant="instruct",
            messages=turns,
            parameters=parameters_for(conversation),
            idempotency_key=idempotency_key,
            wanted=conversation.wanted,
            counted=counted,
        )
    except (TooManyAtOnce, LimitReached) as error:
        raise TooManyReplies(error.sentence) from error
    except StoreFull as error:
        raise NoMemory(error.sentence) from error


def _system_prompt(conversation: Conversation, grounds: Grounds | None) -> str:
    """Return the system prompt: the conversation's own, then the guide's.

    The guide's rules come last, so that they hold, and its passages stand next to the question.
    """
    guide = grounds.system_prompt if grounds and grounds.passages else ""
    return "\n\n".join(part for part in (conversation.system_prompt, guide) if part)


def _next_version(conversation: Conversation, parent: Message | None) -> int:
    last = conversation.messages.filter(parent=parent).aggregate(last=Max("version"))["last"]
    return (last or 0) + 1
