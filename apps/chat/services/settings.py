"""Change the settings of a conversation."""

from django.db import transaction

from apps.chat.conversation_settings.values import FIELDS, Settings, put_settings
from apps.chat.errors import ConversationGone
from apps.chat.models import Conversation
from apps.generation.models import Generation
from apps.generation.services.unpin import unpin_generation


def change_settings(*, conversation: Conversation, changes: Settings) -> Conversation:
    """Store ``changes`` for the next reply on, and return the conversation as it is now.

    Other settings stay as they are stored, so tabs that change different settings don't undo each other. If two
    tabs change the same setting, the last one wins. If the conversation may now use any endpoint, so may a reply that
    waits for one. Raises ``ConversationGone``.
    """
    with transaction.atomic():
        stored = Conversation.objects.select_for_update(of=("self",)).select_related("endpoint")
        conversation = stored.get(pk=conversation.pk)
        if conversation.deleted_at is not None:
            raise ConversationGone
        put_settings(conversation, changes)
        conversation.save(update_fields=FIELDS)
        if not conversation.endpoint_name:
            _unpin_waiting(conversation)
    return conversation


def _unpin_waiting(conversation: Conversation) -> None:
    waiting = Generation.objects.active().filter(message__conversation=conversation).exclude(wanted_name="")
    for generation_id in waiting.values_list("pk", flat=True):
        unpin_generation(generation_id=generation_id)
