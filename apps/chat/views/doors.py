"""Find what the address names, or raise ``Http404``. Other people's conversations are not found."""

from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404

from apps.accounts.requests import WorkbenchRequest
from apps.chat.models import Conversation, Message, Role
from apps.chat.selectors import find_conversation


def conversation_or_404(request: WorkbenchRequest, conversation_id: UUID) -> Conversation:
    conversation = find_conversation(request.user, conversation_id, for_composer=True)
    if conversation is None:
        raise Http404
    return conversation


def message_or_404(request: WorkbenchRequest, conversation_id: UUID, message_id: UUID) -> Message:
    messages = conversation_or_404(request, conversation_id).messages.select_related("conversation__owner", "parent")
    return get_object_or_404(messages.select_related("generation__endpoint"), pk=message_id)


def reply_or_404(request: WorkbenchRequest, conversation_id: UUID, message_id: UUID) -> Message:
    message = message_or_404(request, conversation_id, message_id)
    if message.role != Role.ASSISTANT:
        raise Http404
    return message
