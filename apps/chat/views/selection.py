"""Archive or delete several conversations at once."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from apps.accounts.requests import WorkbenchRequest
from apps.chat.forms import SelectionForm
from apps.chat.models import Conversation, ConversationQuerySet
from apps.chat.services.delete import delete_conversations
from apps.chat.services.organize import archive_conversations
from apps.chat.views.sidebar import (
    address_after,
    open_conversation,
    refreshed,
    sidebar_for,
    undo_archive,
    undo_delete,
)

NOT_THERE = "None of them is there any longer."


@require_http_methods(["GET", "POST"])
@never_cache
def select(request: WorkbenchRequest) -> HttpResponse:
    """Archive or delete the selected conversations. GET shows a form for browsers without JavaScript."""
    if request.method != "POST":
        return _page(request)
    form = SelectionForm(request.POST)
    if not form.is_valid():
        return _refused(request, form.sentence)
    selected = Conversation.objects.visible_to(request.user).filter(pk__in=form.cleaned_data["selected"])
    return (_archive if form.cleaned_data["do"] == "archive" else _delete)(request, selected)


def _archive(request: WorkbenchRequest, selected: ConversationQuerySet) -> HttpResponse:
    archived = archive_conversations(conversations=selected)
    if not archived:
        return _refused(request, NOT_THERE)
    undo = undo_archive(archived[0], len(archived))
    return refreshed(request, undo=undo) if request.htmx else redirect("chat:archived")


def _delete(request: WorkbenchRequest, selected: ConversationQuerySet) -> HttpResponse:
    shown = open_conversation(request) if request.htmx else None
    gone = delete_conversations(conversations=selected)
    if not gone:
        return _refused(request, NOT_THERE)
    if shown and shown in gone:
        return HttpResponseClientRedirect(address_after(shown))
    if request.htmx:
        return refreshed(request, undo=undo_delete(gone[0], len(gone)))
    return HttpResponseRedirect(address_after(gone[0]))


def _refused(request: WorkbenchRequest, sentence: str) -> HttpResponse:
    if not request.htmx:
        return _page(request, sentence, 422)
    response = refreshed(request, toast=sentence, tone="warning")
    response.status_code = 422
    return response


def _page(request: WorkbenchRequest, sentence: str = "", status: int = 200) -> HttpResponse:
    context = {"sidebar": sidebar_for(request), "sentence": sentence}
    return render(request, "chat/select.html", context, status=status)
