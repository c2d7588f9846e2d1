"""Continue a reply that broke off."""

from functools import partial

from django.db import transaction

from apps.chat.conversation_settings.values import parameters_for
from apps.chat.errors import ConversationGone, NoMemory, NothingToContinue, ReplyInProgress, TooManyReplies
from apps.chat.live.broadcast import broadcast_messages
from apps.chat.models import Conversation, Message
from apps.generation.errors import GenerationComplete, StoreFull, TooManyAtOnce
from apps.generation.services.resume import resume_generation
from apps.usage.errors import LimitReached


def continue_reply(*, reply: Message) -> None:
    """Continue the last reply of the shown thread from its text, on the endpoint that the conversation has chosen.

    Raises ``ConversationGone``, ``NothingToContinue``, ``ReplyInProgress``, ``NoMemory`` and ``TooManyReplies``.
    """
    with transaction.atomic():
        conversation = Conversation.objects.select_for_update().get(pk=reply.conversation_id)
        if conversation.deleted_at is not None:
            raise ConversationGone
        last = conversation.current
        if last is None or last != reply or last.generation is None:
            raise NothingToContinue
        if not last.state.is_over:
            raise ReplyInProgress
        try:
            resume_generation(
                generation_id=last.generation.pk,
                more_tokens=parameters_for(conversation)["max_tokens"],
                wanted=conversation.wanted,
            )
        except GenerationComplete as error:
            raise NothingToContinue from error
        except StoreFull as error:
            raise NoMemory(error.sentence) from error
        except (TooManyAtOnce, LimitReached) as error:
            raise TooManyReplies(error.sentence) from error
        transaction.on_commit(partial(broadcast_messages, conversation.pk, [last.pk]))
