"""The list of conversations beside the chat's pages."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
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
    """Return the list, as long as ``?shown=`` asks for."""
    shown = request.GET.get("shown", "")
    return sidebar_of(request.user, int(shown) if SHORT_NUMBER.fullmatch(shown) else SIDEBAR_LENGTH)


@dataclass(frozen=True, slots=True)
class Undo:
    """An action that can be undone, on a conversation and ``number - 1`` others."""

    conversation: Conversation
    done: str
    address: str
    fields: dict[str, str]
    number: int = 1

    @property
    def sentence(self) -> str:
        if self.number == 1:
            return f"“{self.conversation.title}” was {self.done}."
        return f"{self.number} conversations were {self.done}."


def undo_delete(conversation: Conversation, number: int = 1) -> Undo:
    fields = {} if number == 1 else {"together": "on"}
    return Undo(conversation, "deleted", reverse("chat:restore", args=[conversation.pk]), fields, number)


def undo_archive(conversation: Conversation, number: int = 1) -> Undo:
    fields = {"off": "on"} if number == 1 else {"off": "on", "together": "on"}
    return Undo(conversation, "archived", reverse("chat:archive", args=[conversation.pk]), fields, number)


def deleted_conversations(request: WorkbenchRequest) -> Undo | None:
    """Return an offer to undo the deletion that the address names, as ``address_after`` writes it."""
    deleted_id = _deleted_in(request.GET.get("deleted", ""))
    deleted = Conversation.objects.deleted_by(request.user)
    conversation = deleted.filter(pk=deleted_id).first() if deleted_id else None
    return undo_delete(conversation, deleted.deleted_with(conversation).count()) if conversation else None


def left_for(request: WorkbenchRequest, conversation: Conversation) -> bool:
    """Return whether the page is the one that ``address_after`` leads to, after its open conversation was deleted."""
    query = urlsplit(request.headers.get("HX-Current-URL", "")).query
    return _deleted_in(parse_qs(query).get("deleted", [""])[0]) == conversation.pk


def _deleted_in(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def address_after(deleted: Conversation) -> str:
    """Return the address to go to after the open conversation was deleted. That page offers to undo the deletion."""
    return f"{reverse('chat:home')}?deleted={deleted.pk}"


def open_conversation(request: WorkbenchRequest) -> Conversation | None:
    """Return the conversation that is open on the page that htmx asks from."""
    try:
        match = resolve(urlsplit(request.headers.get("HX-Current-URL", "")).path)
    except (ValueError, Resolver404):
        return None
    if match.view_name != "chat:conversation":
        return None
    return find_conversation(request.user, match.kwargs["conversation_id"], for_composer=True)


def refreshed(request: WorkbenchRequest, **context: Any) -> HttpResponse:
    """Refresh the list on the page that htmx asks from, and what ``context`` names."""
    shown = open_conversation(request)
    context |= {"sidebar": sidebar_for(request), "conversation": shown}
    return render(request, "chat/_refreshed.html", context)


@require_GET
@never_cache
def sidebar(request: WorkbenchRequest) -> HttpResponse:
    """Refresh the list."""
    return refreshed(request)
