"""Go on with a reply that broke off, or ask its question again."""

from functools import partial

from django.conf import settings
from django.db import transaction

from apps.chat.announcements import announce_messages
from apps.chat.errors import NothingToContinue, ReplyInProgress, TooManyReplies
from apps.chat.models import Conversation, Message
from apps.chat.services.send import Exchange, send_message
from apps.generation.errors import GenerationComplete, TooManyAtOnce
from apps.generation.services.resume import resume_generation


def continue_reply(*, reply: Message) -> None:
    """Have the conversation's last reply continued from its text.

    Raises ``NothingToContinue``, ``ReplyInProgress`` and ``TooManyReplies``.
    """
    with transaction.atomic():
        conversation = Conversation.objects.select_for_update().get(pk=reply.conversation_id)
        last = conversation.messages.in_order().latest("position")
        if last != reply or last.generation is None:
            raise NothingToContinue
        if not last.state.is_over:
            raise ReplyInProgress
        try:
            resume_generation(generation_id=last.generation.pk, more_tokens=settings.CHAT_MAX_TOKENS)
        except GenerationComplete as error:
            raise NothingToContinue from error
        except TooManyAtOnce as error:
            raise TooManyReplies(error.sentence) from error
        transaction.on_commit(partial(announce_messages, conversation.pk, [last.pk]))


def ask_again(*, reply: Message) -> Exchange:
    """Ask the question of ``reply`` once more, as a new exchange. Raises what ``send_message`` raises."""
    question = Message.objects.get(conversation=reply.conversation_id, position=reply.position - 1)
    return send_message(conversation=reply.conversation, text=question.text)
