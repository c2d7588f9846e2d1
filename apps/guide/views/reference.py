"""The glossary and the list of sources."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.guide import selectors
from apps.guide.views.reading import reading_page


@reading_page
def show_glossary(request: HttpRequest) -> HttpResponse:
    """Say what the words mean."""
    return render(request, "guide/page.html", {"guide": selectors.read_page("glossary")})


@reading_page
def show_sources(request: HttpRequest) -> HttpResponse:
    """List every source, and what rests on it."""
    return render(request, "guide/page.html", {"guide": selectors.read_page("sources")})
