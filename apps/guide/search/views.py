"""The search page: a question in the address, and the passages about it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.guide.search.page import search_page
from apps.guide.views.reading import reading_page

TITLE = "Search the guide"
SUMMARY = "Pages, facts, scores and the glossary, searched by words."


@reading_page
def show_search(request: HttpRequest) -> HttpResponse:
    """Show the search results for ``?q=``."""
    return render(request, "guide/search.html", search_page(request.GET, title=TITLE, summary=SUMMARY))
