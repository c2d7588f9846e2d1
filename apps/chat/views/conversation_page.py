"""The page of a conversation, and the page that begins one."""

import re
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from apps.accounts.requests import WorkbenchRequest
from apps.chat.context.composer import ComposerState, composer_state
from apps.chat.conversation_settings.in_use import preset_in_use
from apps.chat.conversation_settings.servers import ChatServers, servers_and_queue
from apps.chat.conversation_settings.settings_form import SettingsForm
from apps.chat.conversation_settings.values import settings_of
from apps.chat.first_steps import first_steps
from apps.chat.forms import MessageForm
from apps.chat.live.cursor import Cursor
from apps.chat.live.moments import moment_now
from apps.chat.models import Conversation, Folder, Mode, Preset
from apps.chat.selectors import find_folder, presets_of
from apps.chat.transcript.paging import TranscriptItem, latest_page, page_around
from apps.chat.transcript.render import ShownMessage, shown
from apps.chat.views.sidebar import deleted_conversations, sidebar_for
from apps.generation.models import ACTIVE

POSITION = re.compile("[1-9][0-9]{0,8}")


def page(request: WorkbenchRequest, conversation: Conversation | None, sentence: str = "") -> HttpResponse:
    """Render the page. ``sentence`` says why the request was refused: the page then keeps everything it sent."""
    # Taken before the messages are read, so that the socket sends changes that come in between.
    moment = moment_now()
    items = shown(_page_asked_for(request, conversation)) if conversation else []
    servers, mode = servers_and_queue(request.user.pk, conversation), mode_of(request, conversation)
    presets, preset = presets_for(request)
    folder = _folder(request, conversation)
    form, first_settings = _settings_form(request, conversation, servers, preset or folder)
    composer = composer_state(
        user=request.user,
        conversation=conversation,
        mode=mode,
        settings=first_settings,
        draft=_draft(request, preset),
        servers=servers,
    )
    context = {
        "conversation": conversation,
        "cursor": Cursor.of_page(conversation, items, moment) if conversation else "",
        "items": items,
        "is_active": any(isinstance(item, ShownMessage) and item.message.state in ACTIVE for item in items),
        "sidebar": sidebar_for(request),
        "deleted": None if conversation else deleted_conversations(request),
        "limits": {"file": settings.CHAT_ATTACHMENT_BYTES, "message": settings.CHAT_MESSAGE_CHARACTERS},
        "sentence": sentence,
        "first_steps": [] if conversation else first_steps(request),
        "presets": presets,
        "preset": preset,
        "preset_in_use": preset_in_use(presets, settings_of(conversation) if conversation else first_settings),
        "folder": folder,
        "is_temporary": _is_temporary(request, conversation),
        "mode": mode,
        "settings_form": form,
        **composer_context(composer),
    }
    return render(request, "chat/page.html", context)


def composer_context(composer: ComposerState, *, has_usage: bool = True) -> dict[str, Any]:
    """Return what the composer's templates read, with a new key for the next message."""
    return {
        "files": composer.files,
        "queued": composer.queued,
        "draft": composer.draft,
        "servers": composer.notice,
        "answering": composer.answering,
        "usage": composer.usage if has_usage else None,
        "key": uuid4(),
    }


def mode_of(request: WorkbenchRequest, conversation: Conversation | None) -> Mode:
    if conversation is not None:
        return Mode(conversation.mode)
    return Mode.GUIDE if request.path == reverse("chat:ask") else Mode.CHAT


def presets_for(request: WorkbenchRequest) -> tuple[list[Preset], Preset | None]:
    """Return the presets that the person may choose, and the preset that ``?preset=`` names."""
    presets = presets_of(request.user)
    return presets, next((preset for preset in presets if str(preset.pk) == request.GET.get("preset")), None)


def _folder(request: WorkbenchRequest, conversation: Conversation | None) -> Folder | None:
    """Return the folder in which a new conversation begins."""
    if conversation is not None:
        return None
    asked = request.POST if request.method == "POST" else request.GET
    return find_folder(request.user, asked.get("folder", ""))


def _is_temporary(request: WorkbenchRequest, conversation: Conversation | None) -> bool:
    if conversation is not None:
        return conversation.is_temporary
    return "temporary" in (request.POST if request.method == "POST" else request.GET)


def _settings_form(
    request: WorkbenchRequest, conversation: Conversation | None, servers: ChatServers, given: Preset | Folder | None
) -> tuple[SettingsForm, dict[str, Any]]:
    """Return the form of the settings panel, and the settings that a new conversation would begin with."""
    mode = mode_of(request, conversation)
    if conversation is not None:
        return SettingsForm(conversation=conversation, servers=servers), {}
    if request.method == "POST":
        sent = SettingsForm(request.POST, servers=servers, mode=mode)
        return sent, sent.chosen if sent.is_valid() else {}
    first = given.settings if given else {}
    return SettingsForm(servers=servers, mode=mode, first=first), first


def _draft(request: WorkbenchRequest, preset: Preset | None) -> str:
    sent: str = MessageForm(request.POST)["message"].value() or ""
    return sent or request.GET.get("prompt", "") or (preset.draft if preset else "")


def _page_asked_for(request: WorkbenchRequest, conversation: Conversation) -> list[TranscriptItem]:
    """Return the messages around the position in ``?at=``, or the latest ones."""
    position = request.GET.get("at", "")
    if not POSITION.fullmatch(position):
        return latest_page(conversation)
    return page_around(conversation, int(position)) or latest_page(conversation)
