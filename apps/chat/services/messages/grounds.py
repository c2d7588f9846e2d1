"""Choose passages of the guide for a question that fit every context window."""

from dataclasses import replace

from apps.chat.context.grounding import INSTRUCTIONS, Grounds, find_grounds
from apps.chat.context.user_turn import user_turn
from apps.chat.conversation_settings.servers import chat_servers
from apps.chat.models import Message, Mode, Role
from apps.inference.context import (
    LEAST_REPLY_TOKENS,
    TOKENS_AROUND_A_CHAT,
    TOKENS_AROUND_A_MESSAGE,
    estimate_tokens,
)


def grounds_for(question: Message) -> Grounds | None:
    """Return the passages for the question, or ``None`` outside the guide."""
    if question.conversation.mode != Mode.GUIDE:
        return None
    earlier = question.conversation.messages.in_thread_to(question.parent_id).filter(role=Role.USER)
    before = earlier.order_by("-position").values_list("question", flat=True).first()
    grounds = find_grounds(question.question, before=before or "", most_tokens=_room_for_passages(question))
    # A question with files is about the files, too.
    is_answer = grounds.is_answer and not question.attachments.exists()
    return replace(grounds, is_answer=is_answer)


def _room_for_passages(question: Message) -> int | None:
    """Return how many tokens passages may take, so that the question and a short reply fit every window."""
    narrowest = chat_servers(question.conversation.owner_id).narrowest_for(question.conversation)
    if narrowest is None or narrowest.context_window is None:
        return None
    prompts = [question.conversation.system_prompt, INSTRUCTIONS]
    turn = user_turn(question.question, question.attachments.all())
    others = sum(map(estimate_tokens, [*prompts, turn])) + TOKENS_AROUND_A_CHAT + 2 * TOKENS_AROUND_A_MESSAGE
    return narrowest.context_window - LEAST_REPLY_TOKENS - others
