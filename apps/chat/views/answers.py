"""What the chat's views fetch and answer with: a page, or for htmx the part that changed."""

import re
from uuid import UUID, uuid4

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from apps.accounts.requests import user_of
from apps.chat.assistant import put_settings
from apps.chat.cursor import Cursor
from apps.chat.forms import MessageForm
from apps.chat.models import Attachment, Conversation, Message, Mode, Preset, Role
from apps.chat.servers import chat_servers
from apps.chat.services.exchange import Exchange
from apps.chat.settings_form import SettingsForm
from apps.chat.transcript import moment_now, shown
from apps.chat.views.assistant import assistant_context
from apps.chat.views.sidebar import deleted_conversations, sidebar_for
from apps.chat.weighing import weigh
from apps.chat.window import Part, latest_messages, latest_part, part_about

PLACE = re.compile("[1-9][0-9]{0,8}")


def conversation_for(request: HttpRequest, conversation_id: UUID) -> Conversation:
    visible = Conversation.objects.visible_to(user_of(request)).select_related("endpoint")
    return get_object_or_404(visible, pk=conversation_id)


def message_for(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> Message:
    messages = conversation_for(request, conversation_id).messages.select_related("conversation__owner", "parent")
    return get_object_or_404(messages.select_related("generation__endpoint"), pk=message_id)


def reply_for(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> Message:
    message = message_for(request, conversation_id, message_id)
    if message.role != Role.ASSISTANT:
        raise Http404
    return message


def led_to(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    """Go to a conversation that this request has made."""
    url = conversation.get_absolute_url()
    return HttpResponseClientRedirect(url) if request.htmx else HttpResponseRedirect(url)  # type: ignore[attr-defined]


def followed(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    """The page follows the conversation, and shows by itself what this request has changed."""
    return HttpResponse(status=204) if request.htmx else redirect(conversation)  # type: ignore[attr-defined]


def sent(request: HttpRequest, exchange: Exchange) -> HttpResponse:
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(exchange.conversation)
    messages = latest_messages(exchange.conversation).filter(position__gte=exchange.question.position)
    files = Attachment.objects.in_draft(user_of(request), exchange.conversation).without_text()
    servers = chat_servers()
    context = {
        "conversation": exchange.conversation,
        "parts": shown(messages),
        "key": uuid4(),
        "files": files,
        "servers": servers.notice(exchange.conversation),
        "answering": servers.answering(exchange.conversation),
    }
    return render(request, "chat/_sent.html", context)


def refused(  # noqa: PLR0913, PLR0917 (a page that keeps all that was written)
    request: HttpRequest,
    conversation: Conversation | None,
    form: MessageForm,
    sentence: str,
    status: int,
    assistant: SettingsForm | None = None,
) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "chat/_refused.html", {"sentence": sentence}, status=status)
    response = page(request, conversation, form, sentence, assistant)
    response.status_code = status
    return response


def page(
    request: HttpRequest,
    conversation: Conversation | None,
    form: MessageForm,
    sentence: str = "",
    assistant: SettingsForm | None = None,
) -> HttpResponse:
    """``sentence`` says why ``form`` was refused; ``assistant`` are settings that came with it."""
    # Taken before the messages are read, so that the socket sends whatever changes in between.
    moment = moment_now()
    mode = Mode(conversation.mode) if conversation else Mode.GUIDE if request.path == reverse("chat:ask") else Mode.CHAT
    parts = shown(_part_asked_for(request, conversation)) if conversation else []
    servers = chat_servers()
    presets, preset = presets_for(request)
    begun = conversation or Conversation(mode=mode)
    if preset and conversation is None:
        put_settings(begun, preset.settings)
        assistant = assistant or SettingsForm(servers=servers, mode=mode, first=preset.settings)
    files = list(Attachment.objects.in_draft(user_of(request), conversation).without_text())
    draft = form["message"].value() or request.GET.get("prompt", "") or (preset.draft if preset else "")
    weighing = weigh(begun, draft=draft, files=files, servers=servers)
    context = {
        "conversation": conversation,
        "cursor": Cursor.of_page(conversation, parts, moment) if conversation else "",
        "parts": parts,
        "sidebar": sidebar_for(request),
        "deleted": None if conversation else deleted_conversations(request),
        "files": files,
        "draft": draft,
        "weight": weighing.weight if weighing else None,
        "limits": {"file": settings.CHAT_ATTACHMENT_BYTES, "message": settings.CHAT_MESSAGE_CHARACTERS},
        "key": uuid4(),
        "sentence": sentence,
        "presets": presets,
        "preset": preset,
        **assistant_context(conversation, mode, assistant, servers=servers),
    }
    return render(request, "chat/page.html", context)


def presets_for(request: HttpRequest) -> tuple[list[Preset], Preset | None]:
    """Those that the person may choose, and the one of them that the address names with ``preset``."""
    presets = list(Preset.objects.visible_to(user_of(request)))
    return presets, next((preset for preset in presets if str(preset.pk) == request.GET.get("preset")), None)


def _part_asked_for(request: HttpRequest, conversation: Conversation) -> list[Part]:
    """What stands about the place in the address, ``at``, or at the end."""
    place = request.GET.get("at", "")
    if not PLACE.fullmatch(place):
        return latest_part(conversation)
    return part_about(conversation, int(place)) or latest_part(conversation)
