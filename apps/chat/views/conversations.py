"""The actions on a conversation. Each works as a plain form too."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from apps.accounts.requests import WorkbenchRequest
from apps.chat.errors import EmptyTitle
from apps.chat.models import Conversation, Folder
from apps.chat.services.delete import delete_conversation, restore_conversation, restore_conversations
from apps.chat.services.organize import (
    archive_conversation,
    keep_conversation,
    pin_conversation,
    rename_conversation,
    unarchive_conversations,
)
from apps.chat.views.doors import conversation_or_404
from apps.chat.views.responses import redirect_to
from apps.chat.views.sidebar import (
    address_after,
    left_for,
    open_conversation,
    refreshed,
    sidebar_for,
    undo_archive,
    undo_delete,
)


@require_GET
@never_cache
def manage(request: WorkbenchRequest, conversation_id: UUID) -> HttpResponse:
    """Show the actions: a menu for htmx, else a page."""
    item = conversation_or_404(request, conversation_id)
    if request.htmx:
        return render(request, "chat/_manage.html", _menu_of(request, item))
    return _manage_page(request, item)


@require_POST
def rename(request: WorkbenchRequest, conversation_id: UUID) -> HttpResponse:
    """Rename the conversation."""
    item = conversation_or_404(request, conversation_id)
    try:
        rename_conversation(conversation=item, title=request.POST.get("title", ""))
    except EmptyTitle as error:
        if request.htmx:
            return refreshed(request, toast=error.sentence, tone="warning")
        return _manage_page(request, item, error.sentence, error.status)
    return _done(request, item, f"Renamed to “{item.title}”.")


@require_POST
def pin(request: WorkbenchRequest, conversation_id: UUID) -> HttpResponse:
    """Pin the conversation; ``off`` unpins it."""
    item = conversation_or_404(request, conversation_id)
    pinned = "off" not in request.POST
    pin_conversation(conversation=item, pinned=pinned)
    return _done(request, item, f"“{item.title}” is {'pinned' if pinned else 'no longer pinned'}.")


@require_POST
def keep(request: WorkbenchRequest, conversation_id: UUID) -> HttpResponse:
    """Keep a temporary chat: it is listed from now on."""
    item = conversation_or_404(request, conversation_id)
    keep_conversation(conversation=item)
    return redirect(item)


@require_POST
def archive(request: WorkbenchRequest, conversation_id: UUID) -> HttpResponse:
    """Archive the conversation; ``off`` puts it back, with ``together`` also all that were archived with it."""
    item = conversation_or_404(request, conversation_id)
    archived, number = "off" not in request.POST, 1
    if not archived and "together" in request.POST and item.archived_at is not None:
        number = unarchive_conversations(conversations=Conversation.objects.archived_with(item))
    else:
        archive_conversation(conversation=item, archived=archived)
    if not request.htmx:
        return redirect(item)
    if archived:
        return refreshed(request, undo=undo_archive(item))
    # On a phone nothing else would show that the conversation is back.
    sentence = f"“{item.title}” is back from the archive." if number == 1 else f"{number} conversations are back."
    return refreshed(request, toast=sentence, undone=item)


@require_POST
def delete(request: WorkbenchRequest, conversation_id: UUID) -> HttpResponse:
    """Delete the conversation; the answer offers to undo this."""
    item = conversation_or_404(request, conversation_id)
    was_open = bool(request.htmx) and open_conversation(request) == item
    delete_conversation(conversation=item)
    if was_open:
        return HttpResponseClientRedirect(address_after(item))
    return refreshed(request, undo=undo_delete(item)) if request.htmx else HttpResponseRedirect(address_after(item))


@require_POST
def restore(request: WorkbenchRequest, conversation_id: UUID) -> HttpResponse:
    """Restore the conversation; ``together`` restores all that were deleted together with it."""
    deleted = Conversation.objects.deleted_by(request.user)
    item = get_object_or_404(deleted, pk=conversation_id)
    number = 1
    if "together" in request.POST:
        number = restore_conversations(conversations=deleted.deleted_with(item))
    else:
        restore_conversation(conversation=item)
    sentence = f"“{item.title}” is back." if number == 1 else f"{number} conversations are back."
    if request.htmx and left_for(request, item):
        return redirect_to(request, item.get_absolute_url())
    return _done(request, item, sentence, undone=item)


@require_GET
def archived(request: WorkbenchRequest) -> HttpResponse:
    """List archived conversations, and deleted ones that can be restored."""
    user = request.user
    context = {
        "archived": Conversation.objects.visible_to(user).archived().order_by("-archived_at"),
        "deleted": Conversation.objects.deleted_by(user).order_by("-deleted_at"),
        "sidebar": sidebar_for(request),
        "today": timezone.localdate(),
    }
    return render(request, "chat/archive.html", context)


def _done(request: WorkbenchRequest, item: Conversation, sentence: str, **context: Conversation) -> HttpResponse:
    if not request.htmx:
        return redirect(item)
    return refreshed(request, done=sentence, **context)


def _manage_page(request: WorkbenchRequest, item: Conversation, sentence: str = "", status: int = 200) -> HttpResponse:
    context = _menu_of(request, item) | {"sidebar": sidebar_for(request), "sentence": sentence}
    return render(request, "chat/manage.html", context, status=status)


def _menu_of(request: WorkbenchRequest, item: Conversation) -> dict[str, Any]:
    return {"item": item, "folders": Folder.objects.owned_by(request.user)}
