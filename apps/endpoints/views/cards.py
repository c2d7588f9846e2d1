"""The console's first page: a card for each endpoint, updated live."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe
from django.views.decorators.vary import vary_on_headers

from apps.accounts.requests import WorkbenchRequest
from apps.endpoints.console.cards import read_cards
from apps.endpoints.console.overview import Overview
from apps.endpoints.console.recipes import KEY_LINE, RECIPES
from apps.endpoints.views.access import staff_only


@require_safe
@staff_only
@conditional_page
@vary_on_headers("HX-Request", "Cookie")
@cache_control(private=True, no_cache=True)
def show_cards(request: WorkbenchRequest) -> HttpResponse:
    """Answer with the page. Send htmx the cards alone, or 304 if nothing changed."""
    cards = read_cards(timezone.now())
    overview = Overview.of(cards)
    context = {"overview": overview, "shows_disabled": "disabled" in request.GET or not overview.working}
    if request.htmx:
        return render(request, "endpoints/list.html#cards", context)
    if not cards:
        context |= {"recipes": RECIPES, "key_line": KEY_LINE}
    return render(request, "endpoints/list.html", context | {"cards": cards})
