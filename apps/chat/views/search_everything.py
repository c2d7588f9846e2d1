"""Searching the guide and one's conversations at once: a page of the chat's, since the guide knows nothing of it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.accounts.requests import user_of
from apps.chat.search import Query, find
from apps.guide.search.page import search_page

TITLE = "Search the guide and your conversations"
SUMMARY = "What the guide says, and what was said in your conversations, archived ones too."
# How many of each are shown; a link leads to the others.
SHOWN = 8


@require_GET
@never_cache
def search_everything(request: HttpRequest) -> HttpResponse:
    """Answer ``?q=`` from both."""
    context = search_page(request.GET, title=TITLE, summary=SUMMARY)
    query = Query(context["asked"])
    mine = find(user_of(request), query)
    found = context["found"].results[:SHOWN] if context["found"] else ()
    context |= {"some": found, "query": query, "mine": mine[:SHOWN], "total": len(mine)}
    return render(request, "chat/search_everything.html", context)
