"""Change what the replies of a conversation are asked for with."""

from django.db import transaction

from apps.chat.conversation_settings.values import FIELDS, Settings, put_settings, settings_of
from apps.chat.errors import ConversationGone, SettingsChanged
from apps.chat.models import Conversation
from apps.generation.models import Generation
from apps.generation.services.unpin import unpin_generation


def change_settings(*, conversation: Conversation, changes: Settings, seen: Settings | None = None) -> Conversation:
    """Store ``changes``, for the next reply on; return the conversation as it is now.

    ``seen`` are the settings that whoever changes them has seen: what another tab has changed since is not overwritten
    unseen. Once any server may answer, so it may for the reply that waits. Raises ``SettingsChanged``, and nothing is
    stored; and ``ConversationGone``.
    """
    with transaction.atomic():
        stored = Conversation.objects.select_for_update(of=("self",)).select_related("endpoint")
        conversation = stored.get(pk=conversation.pk)
        if conversation.deleted_at is not None:
            raise ConversationGone
        present = settings_of(conversation)
        if seen is not None:
            unseen = {name for name, value in changes.items() if present[name] not in (seen[name], value)}
            if unseen:
                raise SettingsChanged(unseen, present)
        put_settings(conversation, changes)
        conversation.save(update_fields=FIELDS)
        if not conversation.endpoint_name:
            _let_go(conversation)
    return conversation


def _let_go(conversation: Conversation) -> None:
    waiting = Generation.objects.active().filter(message__conversation=conversation).exclude(wanted_name="")
    for generation_id in waiting.values_list("pk", flat=True):
        unpin_generation(generation_id=generation_id)
