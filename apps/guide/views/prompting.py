"""The page on prompting."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.guide import selectors
from apps.guide.views.reading import reading_page


@reading_page
def show_prompting(request: HttpRequest) -> HttpResponse:
    """Show the page on prompting."""
    return render(request, "guide/page.html", {"guide": selectors.read_page("prompting")})
