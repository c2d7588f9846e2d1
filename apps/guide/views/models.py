"""The list of the twelve models, and a page for each."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from apps.guide import selectors
from apps.guide.examples import try_url
from apps.guide.model_pages.listing import list_models
from apps.guide.model_pages.measured import HOURS, Measurement, measurements, served_models
from apps.guide.model_pages.page import read_model_page
from apps.guide.notes import Notes
from apps.guide.running import commands_for
from apps.guide.views.not_found import page_not_found
from apps.guide.views.reading import live_page


@live_page(lambda: frozenset(served_models()))
def show_models(request: HttpRequest) -> HttpResponse:
    """List the twelve models."""
    guide = selectors.read_page("models")
    if guide is None:
        return page_not_found(request, "models")
    notes = Notes()
    listed = list_models(guide.sections, notes)
    keys = {source.key for source in guide.sources} | notes.source_keys()
    sources = [source for source in selectors.sources() if source.key in keys]
    served = {f"{size.lower()}-{variant}" for variant, size in served_models()}
    context = {
        "guide": replace(guide, sections=[], sources=sources),
        "models": listed,
        "notes": notes,
        "served": served,
    }
    return render(request, "guide/models.html", context)


def _measured(slug: str, person_id: int | None = None) -> tuple[Measurement, ...]:
    size, _, variant = slug.partition("-")
    return tuple(measurements(variant=variant, size=size.upper(), now=timezone.now(), person_id=person_id))


@live_page(_measured)
def show_model(request: HttpRequest, slug: str) -> HttpResponse:
    """Show all that is known about one model, and its measurements here."""
    guide = read_model_page(slug)
    if guide is None:
        return page_not_found(request, slug)
    model = guide.model
    measured = _measured(slug, request.user.pk)
    context = {
        "guide": guide,
        "model": model,
        "commands": commands_for(model),
        "measured": measured,
        "hours": HOURS,
        "try_url": try_url(model.variant.slug) if any(found.is_up for found in measured) else "",
    }
    return render(request, "guide/model.html", context)
