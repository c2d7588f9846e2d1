"""Share a copy of a conversation by link, and take the link back."""

from django.db import transaction

from apps.chat.errors import NothingToShare, ReplyInProgress
from apps.chat.models import Conversation, Message, Share
from apps.generation.models import ACTIVE
from apps.generation.selectors import text_so_far


def share_conversation(*, conversation: Conversation) -> Share:
    """Copy the thread that is shown, as it is now. Raises ``NothingToShare`` and ``ReplyInProgress``."""
    with transaction.atomic():
        messages = list(conversation.thread.in_order())
        if any(message.state in ACTIVE for message in messages):
            raise ReplyInProgress
        turns = [_turn(message) for message in messages]
        if not any(turn["role"] == "assistant" and turn["text"] for turn in turns):
            raise NothingToShare
        return Share.objects.create(conversation=conversation, title=conversation.title, turns=turns)


def revoke_share(*, share: Share) -> None:
    """Nobody reads it from now on."""
    Share.objects.filter(pk=share.pk).delete()


def _turn(message: Message) -> dict[str, str]:
    text = message.question if message.generation is None else text_so_far(message.generation)
    return {"role": message.role, "text": text, "at": message.created_at.isoformat()}
