"""The twelve models: all of them, and each."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.guide import selectors
from apps.guide.views.not_found import page_not_found
from apps.guide.views.reading import reading_page


@reading_page
def show_models(request: HttpRequest) -> HttpResponse:
    """List the twelve models."""
    return render(request, "guide/page.html", {"guide": selectors.read_page("models")})


@reading_page
def show_model(request: HttpRequest, slug: str) -> HttpResponse:
    """Show all that is known about one model."""
    return page_not_found(request, slug)
