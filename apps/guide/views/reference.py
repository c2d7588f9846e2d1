"""The glossary and the list of sources."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.guide import selectors
from apps.guide.glossary import read_glossary
from apps.guide.source_list import list_sources
from apps.guide.views.not_found import page_not_found
from apps.guide.views.reading import reading_page


@reading_page
def show_glossary(request: HttpRequest) -> HttpResponse:
    """Show the glossary."""
    guide = selectors.read_page("glossary")
    if guide is None:
        return page_not_found(request, "glossary")
    glossary = read_glossary()
    context = {"guide": replace(guide, sources=glossary.sources), "terms": glossary.terms}
    return render(request, "guide/glossary.html", context)


@reading_page
def show_sources(request: HttpRequest) -> HttpResponse:
    """List every source with its uses."""
    guide = selectors.read_page("sources")
    if guide is None:
        return page_not_found(request, "sources")
    return render(request, "guide/sources.html", {"guide": replace(guide, sources=()), "listed": list_sources()})
