"""Find what the address names, or answer 404: what is not the person's is not there."""

from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404

from apps.accounts.requests import WorkbenchRequest
from apps.chat.models import Conversation, Message, Role


def conversation_for(request: WorkbenchRequest, conversation_id: UUID) -> Conversation:
    visible = Conversation.objects.visible_to(request.user).select_related("endpoint")
    return get_object_or_404(visible, pk=conversation_id)


def message_for(request: WorkbenchRequest, conversation_id: UUID, message_id: UUID) -> Message:
    messages = conversation_for(request, conversation_id).messages.select_related("conversation__owner", "parent")
    return get_object_or_404(messages.select_related("generation__endpoint"), pk=message_id)


def reply_for(request: WorkbenchRequest, conversation_id: UUID, message_id: UUID) -> Message:
    message = message_for(request, conversation_id, message_id)
    if message.role != Role.ASSISTANT:
        raise Http404
    return message
