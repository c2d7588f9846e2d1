"""The page on running."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.guide import selectors
from apps.guide.views.reading import reading_page


@reading_page
def show_running(request: HttpRequest) -> HttpResponse:
    """Show the page on running."""
    return render(request, "guide/page.html", {"guide": selectors.read_page("running")})
