"""The page on running the models, with a command for each."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.guide import selectors
from apps.guide.running import commands_by_size, preparation
from apps.guide.views.reading import reading_page


@reading_page
def show_running(request: HttpRequest) -> HttpResponse:
    """Show the flags and the commands by size."""
    context = {
        "guide": selectors.read_page("running"),
        "preparation": preparation(),
        "sizes": commands_by_size(selectors.models()),
    }
    return render(request, "guide/running.html", context)
