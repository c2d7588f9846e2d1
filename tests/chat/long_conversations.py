"""Conversations of many turns, made at once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apps.accounts.models import User
from apps.chat.models import Conversation, Mode, Role
from apps.chat.services.import_conversation import import_conversation
from apps.chat.transfer.format import FORMAT, ConversationFile, FileMessage


def replied(turn: int) -> str:
    return f"Reply **{turn}**."


def long_conversation(owner: User, turns: int, reply: Callable[[int], str] = replied) -> Conversation:
    """Questions "Question 1" and on, with their replies; a day old."""
    begun = datetime.now(UTC) - timedelta(days=1)
    messages = []
    for turn in range(1, turns + 1):
        at = begun + timedelta(seconds=turn)
        messages += [
            FileMessage(2 * turn - 1, 2 * turn - 2 or None, Role.USER, at, f"Question {turn}"),
            FileMessage(2 * turn, 2 * turn - 1, Role.ASSISTANT, at, reply(turn)),
        ]
    file = ConversationFile(FORMAT, 1, f"{turns} turns", Mode.CHAT, begun, 2 * turns, messages)
    return import_conversation(owner=owner, file=file)
