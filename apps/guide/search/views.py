"""The page of the search: a question in the address, and what the guide says about it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.guide.model_pages import Heading
from apps.guide.search.find import search
from apps.guide.search.words import LONGEST
from apps.guide.views.reading import reading_page

HEADING = Heading("Search the guide", "Pages, facts, scores and the glossary, searched by words.", None)


@reading_page
def show_search(request: HttpRequest) -> HttpResponse:
    """Answer ``?q=``; nothing that can be asked is an error."""
    asked = str(request.GET.get("q", "")).replace("\0", "")
    text = " ".join(asked.split())[:LONGEST]
    context = {
        "guide": {"page": HEADING, "sections": (), "sources": ()},
        "asked": text,
        "is_cut": len(asked) > LONGEST,
        "longest": LONGEST,
        "found": search(text) if text else None,
    }
    return render(request, "guide/search.html", context)
