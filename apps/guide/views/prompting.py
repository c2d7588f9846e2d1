"""The page on prompts, with a preview of the reader's own text as a prompt."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.vary import vary_on_headers

from apps.accounts.requests import HtmxRequest
from apps.guide import selectors
from apps.guide.prompting.display import ShownPrompt
from apps.guide.prompting.forms import FORMS, PromptForm
from apps.guide.views.reading import reading_page

KINDS = {"chat": "Chat", "infill": "Infilling", "complete": "Completion"}
# The parameters of an address; texts of another format are ignored.
NAMES = {"kind", *(name for form in FORMS.values() for name in form.base_fields)}


@reading_page
@vary_on_headers("HX-Request")
def show_prompting(request: HtmxRequest) -> HttpResponse:
    """Explain the formats, and show the exact prompt for the texts in the address; htmx gets that part only."""
    context = _preview(request)
    if request.htmx:
        return render(request, "guide/prompting.html#preview", context)
    return render(request, "guide/prompting.html", {"guide": selectors.read_page("prompting"), **context})


def _preview(request: HtmxRequest) -> dict[str, Any]:
    asked = request.GET.get("kind", "chat")
    kind = asked if asked in FORMS else "chat"
    form = _form(FORMS[kind], request)
    form.full_clean()
    shown = ShownPrompt(form.prompt, open_url=form.open_url) if form.is_valid() else None
    notices = [f"“{name[:40]}” means nothing here and is left out." for name in request.GET if name not in NAMES]
    if asked != kind:
        notices.append(f"There is no kind of prompt “{asked[:40]}”: {KINDS[kind].lower()} is shown.")
    query = request.GET.urlencode()
    return {"kinds": KINDS, "kind": kind, "notices": notices, "form": form, "shown": shown, "query": query}


def _form(form_class: type[PromptForm], request: HtmxRequest) -> PromptForm:
    """Return the form of the typed texts; an empty address shows the example."""
    typed = any(name in request.GET for name in form_class.base_fields)
    return form_class(request.GET if typed else form_class.example)
