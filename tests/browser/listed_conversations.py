"""Conversations of alice that stand in the list."""

from datetime import timedelta

from channels.db import database_sync_to_async
from django.db.models import F

from apps.accounts.services import create_user
from apps.chat.models import Conversation
from apps.generation.models import Generation
from tests.chat.exchanges import answered_conversation, answered_message

HOUR = timedelta(hours=1)
QUESTIONS = ("How do I read a CSV file?", "What is a generator?", "Why is my loop slow?")


@database_sync_to_async
def conversations() -> list[Conversation]:
    alice, _ = create_user(username="alice")
    return [answered_conversation(alice, question, "Like **this**.") for question in QUESTIONS]


@database_sync_to_async
def fill(conversation: Conversation, exchanges: int) -> None:
    """Add exchanges of an hour ago: a page that opens within seconds of many changes gets the end of the thread."""
    for number in range(1, exchanges):
        text = "A needle in the third reply" if number == 2 else "Like this.\n\n```python\nx = 1\n```\n" * 5
        answered_message(conversation, f"Question {number}", text)
    conversation.messages.update(created_at=F("created_at") - HOUR)
    Generation.objects.filter(message__conversation=conversation).update(ended_at=F("ended_at") - HOUR)
