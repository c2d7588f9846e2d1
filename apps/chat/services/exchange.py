"""Store a question and its reply in the tree of messages, for the other services.

The caller has locked the conversation: versions are numbered, and a conversation has one reply at a time.
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Max
from django.db.models.functions import Now

from apps.chat.context.grounding import INSTRUCTIONS, NOTHING_FOUND, Grounds, find_grounds
from apps.chat.context.history import Turn, history_for
from apps.chat.context.user_turn import user_turn
from apps.chat.conversation_settings.servers import chat_servers
from apps.chat.conversation_settings.values import parameters_for
from apps.chat.errors import ConversationGone, NoMemory, ReplyInProgress, TooManyReplies
from apps.chat.models import Conversation, Message, Mode, Role
from apps.chat.services.attach import take_files
from apps.generation.errors import StoreFull, TooManyAtOnce
from apps.generation.models import ACTIVE, Generation
from apps.generation.services.answer import store_answer
from apps.generation.services.start import start_generation
from apps.inference.context import (
    LEAST_REPLY_TOKENS,
    TOKENS_AROUND_A_CHAT,
    TOKENS_AROUND_A_MESSAGE,
    estimate_tokens,
)
from apps.usage.errors import LimitReached


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and the reply to it."""

    conversation: Conversation
    question: Message
    reply: Message


def lock(conversation_id: UUID) -> Conversation:
    """Return the conversation, to be changed by this transaction alone.

    Raises ``ConversationGone``, and ``ReplyInProgress`` while a reply is being written in any of its threads: the next
    question depends on it, and what a person sees being answered should be what they asked.
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
    question = Message.objects.create(
        conversation=conversation,
        parent=after,
        position=after.position + 1 if after else 1,
        version=_next_version(conversation, after),
        role=Role.USER,
        question=text,
        key=form_key,
    )
    take_files(question=question, ids=files)
    return question


def store_reply(
    question: Message, idempotency_key: UUID | None, *, is_first: bool = False, has_files: bool = True
) -> Exchange:
    """Ask for a reply, and show its thread. Raises ``TooManyReplies``.

    ``is_first``: the question has no reply yet. Without ``has_files`` it is known to have none.
    """
    conversation = question.conversation
    history = history_for(question, has_files=has_files)
    turns = history.turns
    grounds = _grounds_for(question)
    if system_prompt := _system_prompt(conversation, grounds):
        turns.insert(0, {"role": "system", "content": system_prompt})
    if grounds and not grounds.passages:
        generation = store_answer(
            owner=conversation.owner,
            variant="instruct",
            messages=turns,
            text=NOTHING_FOUND,
            idempotency_key=idempotency_key,
        )
    else:
        generation = _start(conversation, turns, idempotency_key)
    reply = Message.objects.create(
        conversation=conversation,
        parent=question,
        position=question.position + 1,
        version=1 if is_first else _next_version(conversation, question),
        role=Role.ASSISTANT,
        generation=generation,
        passages=grounds.listed if grounds else [],
        told=[] if grounds and not grounds.passages else history.told,
    )
    Conversation.objects.filter(pk=conversation.pk).update(current=reply, updated_at=Now(), archived_at=None)
    conversation.current = reply
    return Exchange(conversation, question, reply)


def _start(conversation: Conversation, turns: list[Turn], idempotency_key: UUID | None) -> Generation:
    try:
        return start_generation(
            owner=conversation.owner,
            variant="instruct",
            messages=turns,
            parameters=parameters_for(conversation),
            idempotency_key=idempotency_key,
            wanted=conversation.wanted,
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


def _grounds_for(question: Message) -> Grounds | None:
    """Return the passages for the question, or ``None`` outside the guide."""
    if question.conversation.mode != Mode.GUIDE:
        return None
    earlier = question.conversation.messages.in_thread_to(question.parent_id).filter(role=Role.USER)
    before = earlier.order_by("-position").values_list("question", flat=True).first()
    return find_grounds(question.question, before=before or "", most_tokens=_room_for_passages(question))


def _room_for_passages(question: Message) -> int | None:
    """Return how many tokens passages may take, so that the question and a short reply fit every window."""
    narrowest = chat_servers().narrowest_for(question.conversation)
    if narrowest is None or narrowest.context_window is None:
        return None
    prompts = [question.conversation.system_prompt, INSTRUCTIONS]
    turn = user_turn(question.question, question.attachments.all())
    others = sum(map(estimate_tokens, [*prompts, turn])) + TOKENS_AROUND_A_CHAT + 2 * TOKENS_AROUND_A_MESSAGE
    return narrowest.context_window - LEAST_REPLY_TOKENS - others


def _next_version(conversation: Conversation, parent: Message | None) -> int:
    last = conversation.messages.filter(parent=parent).aggregate(last=Max("version"))["last"]
    return (last or 0) + 1
