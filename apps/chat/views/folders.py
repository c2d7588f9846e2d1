"""Folders of conversations."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.requests import WorkbenchRequest
from apps.chat.conversation_settings.folder_form import FolderForm
from apps.chat.errors import ChatError, FolderNameTaken
from apps.chat.models import Conversation, Folder
from apps.chat.selectors import find_folder
from apps.chat.services.folders import delete_folder, move_conversation, save_folder
from apps.chat.views.doors import conversation_or_404
from apps.chat.views.sidebar import refreshed, sidebar_for


@require_safe
@never_cache
def folders(request: WorkbenchRequest) -> HttpResponse:
    """List the folders."""
    there = Q(conversations__deleted_at__isnull=True)
    counted = Folder.objects.owned_by(request.user).annotate(number=Count("conversations", filter=there))
    return render(request, "chat/folders.html", {"folders": counted, "sidebar": sidebar_for(request)})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def add(request: WorkbenchRequest) -> HttpResponse:
    """Add a folder."""
    return _edit(request, FolderForm(request.POST or None, instance=Folder(owner=request.user)))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def folder(request: WorkbenchRequest, folder_id: int) -> HttpResponse:
    """Show a folder with its conversations. POST saves its name and settings."""
    return _edit(request, FolderForm(request.POST or None, instance=_folder_or_404(request, folder_id)))


@require_POST
def delete(request: WorkbenchRequest, folder_id: int) -> HttpResponse:
    """Delete a folder; its conversations stay."""
    gone = _folder_or_404(request, folder_id)
    delete_folder(folder=gone)
    messages.success(request, f"The folder “{gone.name}” was deleted. Its conversations are still there.")
    return redirect("chat:folders")


@require_POST
def move(request: WorkbenchRequest, conversation_id: UUID) -> HttpResponse:
    """Move a conversation into ``folder``; an empty number takes it out of its folder."""
    item = conversation_or_404(request, conversation_id)
    number = request.POST.get("folder", "")
    into = find_folder(request.user, number)
    if number and into is None:
        raise Http404
    move_conversation(conversation=item, folder=into)
    if not request.htmx:
        return redirect(item)
    place = f"in the folder “{into.name}”" if into else "in no folder"
    return refreshed(request, toast=f"“{item.title}” is {place} now.")


def _folder_or_404(request: WorkbenchRequest, folder_id: int) -> Folder:
    return get_object_or_404(Folder.objects.owned_by(request.user), pk=folder_id)


def _edit(request: WorkbenchRequest, form: FolderForm) -> HttpResponse:
    sentence, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                saved = save_folder(owner=request.user, folder=form.save(commit=False))
            except FolderNameTaken as error:
                form.add_error("name", error.sentence)
                status = error.status
            except ChatError as error:
                sentence, status = error.sentence, error.status
            else:
                messages.success(request, f"The folder “{saved.name}” was saved.")
                return redirect(saved)
    mine = Conversation.objects.visible_to(request.user)
    within = mine.filter(folder=form.instance).order_by("-updated_at") if form.instance.pk else []
    context = {"form": form, "sentence": sentence, "conversations": within, "sidebar": sidebar_for(request)}
    return render(request, "chat/folder.html", context, status=status)
