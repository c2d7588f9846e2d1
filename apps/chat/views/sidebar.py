"""The list of conversations beside every page of the chat, and how it is kept up to date."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.accounts.requests import WorkbenchRequest
from apps.chat.models import Conversation
from apps.chat.selectors import SIDEBAR_LENGTH, Sidebar, find_conversation, sidebar_of

SHORT_NUMBER = re.compile("[0-9]{1,8}")


def sidebar_for(request: WorkbenchRequest) -> Sidebar:
    """As long as the address asks for with ``shown``."""
    shown = request.GET.get("shown", "")
    return sidebar_of(request.user, int(shown) if SHORT_NUMBER.fullmatch(shown) else SIDEBAR_LENGTH)


@dataclass(frozen=True, slots=True)
class Deleted:
    """What was deleted a moment ago and can be brought back: a conversation, and how many went together with it."""

    conversation: Conversation
    number: int = 1


def deleted_conversations(request: WorkbenchRequest) -> Deleted | None:
    """What the address says of it, as ``address_after`` gives it."""
    try:
        deleted_id = UUID(request.GET.get("deleted", ""))
    except ValueError:
        return None
    deleted = Conversation.objects.deleted_by(request.user)
    conversation = deleted.filter(pk=deleted_id).first()
    if conversation is None:
        return None
    return Deleted(conversation, deleted.deleted_with(conversation).count())


def address_after(deleted: Conversation) -> str:
    """Where one is led whose page is of no use any longer; it offers to undo that."""
    return f"{reverse('chat:home')}?deleted={deleted.pk}"


def open_conversation(request: WorkbenchRequest) -> Conversation | None:
    """The conversation on the page from which htmx asks."""
    try:
        match = resolve(urlsplit(request.headers.get("HX-Current-URL", "")).path)
    except (ValueError, Resolver404):
        return None
    if match.view_name != "chat:conversation":
        return None
    return find_conversation(request.user, match.kwargs["conversation_id"])


def refreshed(request: WorkbenchRequest, **context: Any) -> HttpResponse:
    """What brings the page up to date from which htmx asks: its list, and what the ``context`` says."""
    shown = open_conversation(request)
    context |= {"sidebar": sidebar_for(request), "conversation": shown}
    return render(request, "chat/_refreshed.html", context)


@require_GET
@never_cache
def sidebar(request: WorkbenchRequest) -> HttpResponse:
    """The list as it is now."""
    return refreshed(request)
