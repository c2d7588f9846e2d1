"""Search conversations, and go to a result."""

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from apps.accounts.requests import WorkbenchRequest
from apps.chat.models import Message
from apps.chat.search.find import Query, find
from apps.chat.search.palette import choices_for
from apps.chat.services.messages.versions import show_version
from apps.chat.views.doors import conversation_or_404
from apps.chat.views.responses import say_refusals
from apps.chat.views.sidebar import sidebar_for
from apps.guide.search.page import search_page

TITLE = "Search the guide and your conversations"
SUMMARY = "What the guide says, and what was said in your conversations, archived ones too."
# Results shown of each kind; a link leads to the others.
SHOWN = 8


@require_GET
@never_cache
def search(request: WorkbenchRequest) -> HttpResponse:
    """Show the results: a page, or for htmx the list alone."""
    query = Query(request.GET.get("q", ""))
    context = {"query": query, "found": find(request.user, query)}
    if request.htmx:
        return render(request, "chat/_search_answer.html", context)
    return render(request, "chat/search.html", {**context, "sidebar": sidebar_for(request)})


@require_GET
@never_cache
def palette(request: WorkbenchRequest) -> HttpResponse:
    """List what fits ``?q=`` in the palette; without htmx search everything."""
    asked = request.GET.get("q", "")
    if not request.htmx:
        return redirect(f"{reverse('chat:search_everything')}?{urlencode({'q': asked})}")
    groups = choices_for(request.user, asked)
    context = {"groups": groups, "asked": asked.strip(), "total": sum(len(group.choices) for group in groups)}
    return render(request, "chat/_palette_choices.html", context)


@require_GET
@never_cache
def search_everything(request: WorkbenchRequest) -> HttpResponse:
    """Search the guide and the conversations for ``?q=``."""
    context = search_page(request.GET, title=TITLE, summary=SUMMARY)
    query = Query(context["asked"])
    mine = find(request.user, query)
    found = context["found"].results[:SHOWN] if context["found"] else ()
    context |= {"some": found, "query": query, "mine": mine[:SHOWN], "total": len(mine)}
    return render(request, "chat/search_everything.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
@say_refusals
def go_to_message(request: WorkbenchRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Go to a message in its conversation. POST first switches to the message's thread."""
    shown = conversation_or_404(request, conversation_id)
    message = get_object_or_404(shown.messages, pk=message_id)
    if not shown.thread.filter(pk=message.pk).exists():
        if request.method != "POST":
            context = {"message": message, "conversation": shown, "sidebar": sidebar_for(request)}
            return render(request, "chat/other_version.html", context)
        show_version(message=message)
    return HttpResponseRedirect(_address_of(message, request.GET.get("find", "")))


def _address_of(message: Message, words: str) -> str:
    query = {"at": message.position} | ({"find": Query(words).text} if words else {})
    return f"{message.conversation.get_absolute_url()}?{urlencode(query)}#{message.dom_id}"
