"""The page of a conversation, or of one that has not begun."""

import re
from uuid import uuid4

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from apps.accounts.requests import WorkbenchRequest
from apps.chat.context.estimate import weigh
from apps.chat.conversation_settings.servers import chat_servers
from apps.chat.conversation_settings.settings_form import SettingsForm
from apps.chat.conversation_settings.values import put_settings
from apps.chat.forms import MessageForm
from apps.chat.live.cursor import Cursor
from apps.chat.live.moments import moment_now
from apps.chat.models import Attachment, Conversation, Mode, Preset
from apps.chat.transcript.paging import Part, latest_part, part_about
from apps.chat.transcript.render import shown
from apps.chat.views.assistant import assistant_context
from apps.chat.views.sidebar import deleted_conversations, sidebar_for

PLACE = re.compile("[1-9][0-9]{0,8}")


def page(
    request: WorkbenchRequest,
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
    files = list(Attachment.objects.in_draft(request.user, conversation).without_text())
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


def presets_for(request: WorkbenchRequest) -> tuple[list[Preset], Preset | None]:
    """Those that the person may choose, and the one of them that the address names with ``preset``."""
    presets = list(Preset.objects.visible_to(request.user))
    return presets, next((preset for preset in presets if str(preset.pk) == request.GET.get("preset")), None)


def _part_asked_for(request: WorkbenchRequest, conversation: Conversation) -> list[Part]:
    """What stands about the place in the address, ``at``, or at the end."""
    place = request.GET.get("at", "")
    if not PLACE.fullmatch(place):
        return latest_part(conversation)
    return part_about(conversation, int(place)) or latest_part(conversation)
