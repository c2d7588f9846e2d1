"""One run: its page and its actions."""

from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from apps.accounts.requests import WorkbenchRequest
from apps.generation.models import Generation
from apps.generation.selectors import text_so_far
from apps.playground.display import ShownOutput
from apps.playground.errors import NothingToGoOn, PlaygroundError
from apps.playground.export import programs_for
from apps.playground.forms import FORMS
from apps.playground.models import Decision, Kind, Run
from apps.playground.selectors import accepted_texts, initial_of, runs_of
from apps.playground.sent import requests_of
from apps.playground.services import decide, delete_run, revoke_run, share_run, stop_run
from apps.playground.views.doors import output_or_404, run_or_404
from apps.playground.views.editors import UNPROCESSABLE, editor_page, start_run

SHOWN = 50


@require_GET
@never_cache
def runs(request: WorkbenchRequest) -> HttpResponse:
    """Show the playground's front page: its three forms, and the latest runs."""
    latest = list(runs_of(request.user)[:SHOWN])
    return render(request, "playground/runs.html", {"runs": latest, "kinds": Kind.choices})


@require_GET
@never_cache
def run(request: WorkbenchRequest, run_id: UUID) -> HttpResponse:
    """Show a run on the page of its kind, with its text so far."""
    found = run_or_404(request, run_id)
    form = FORMS[found.kind](initial=initial_of(found, before=_before(found)), person_id=request.user.pk)
    return editor_page(request, form, run=found)


@require_POST
def stop(request: WorkbenchRequest, run_id: UUID) -> HttpResponse:
    found = run_or_404(request, run_id)
    stop_run(run=found)
    # With scripts, the page follows the run's events and receives the end there.
    return HttpResponse(status=204) if request.htmx else redirect(found)


@require_POST
def accept(request: WorkbenchRequest, run_id: UUID, generation_id: UUID) -> HttpResponse:
    """Accept an output: insert its text at the gap."""
    return _decided(request, run_id, generation_id, Decision.ACCEPTED)


@require_POST
def dismiss(request: WorkbenchRequest, run_id: UUID, generation_id: UUID) -> HttpResponse:
    """Dismiss an output; the run keeps its text."""
    return _decided(request, run_id, generation_id, Decision.DISMISSED)


@require_POST
def undo(request: WorkbenchRequest, run_id: UUID, generation_id: UUID) -> HttpResponse:
    """Undo an accepted or dismissed output, so that the person can decide again."""
    return _decided(request, run_id, generation_id, Decision.OPEN)


@require_POST
def go_on(request: WorkbenchRequest, run_id: UUID, generation_id: UUID) -> HttpResponse:
    """Accept an output and start a run that continues after it."""
    found = run_or_404(request, run_id)
    output = output_or_404(found, generation_id)
    text = text_so_far(output.generation)
    try:
        if found.kind != Kind.COMPLETE or not text:
            raise NothingToGoOn
        decide(output=output, decision=Decision.ACCEPTED)
        return _start_anew(request, found, before=found.before + text)
    except PlaygroundError as error:
        return _refused(request, found, error)


@require_POST
def again(request: WorkbenchRequest, run_id: UUID) -> HttpResponse:
    """Start the same request again as a new run."""
    found = run_or_404(request, run_id)
    try:
        return _start_anew(request, found, before=found.before)
    except PlaygroundError as error:
        return _refused(request, found, error)


@require_POST
def delete(request: WorkbenchRequest, run_id: UUID) -> HttpResponse:
    delete_run(run=run_or_404(request, run_id))
    return _go(request, reverse("playground:runs"))


@require_POST
def share(request: WorkbenchRequest, run_id: UUID) -> HttpResponse:
    found = run_or_404(request, run_id)
    try:
        share_run(run=found)
    except PlaygroundError as error:
        return _refused(request, found, error)
    return _go(request, f"{found.get_absolute_url()}#share")


@require_POST
def revoke(request: WorkbenchRequest, run_id: UUID) -> HttpResponse:
    found = run_or_404(request, run_id)
    revoke_run(run=found)
    return _go(request, f"{found.get_absolute_url()}#share")


@require_GET
@never_cache
def sent(request: WorkbenchRequest, run_id: UUID, generation_id: UUID) -> HttpResponse:
    """Show the exact request, and programs that send the same."""
    found = run_or_404(request, run_id)
    shown = ShownOutput.of(found, output_or_404(found, generation_id))
    generation: Generation = shown.generation
    context = {
        "run": found,
        "shown": shown,
        "requests": requests_of(generation),
        "programs": programs_for(
            generation, model=generation.wanted_name or shown.endpoint or generation.variant, site=settings.PUBLIC_URL
        ),
    }
    return render(request, "playground/sent.html", context)


@require_GET
@never_cache
def text(request: WorkbenchRequest, run_id: UUID, generation_id: UUID) -> HttpResponse:
    """Send the document with the output inserted, with the document's own line ends."""
    found = run_or_404(request, run_id)
    before, after = accepted_texts(found, text_so_far(output_or_404(found, generation_id).generation))
    whole = before + after if found.kind != Kind.SIDE_BY_SIDE else before.removeprefix(found.before)
    headers = {"Content-Disposition": 'attachment; filename="code.txt"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(whole.encode(), content_type="text/plain; charset=utf-8", headers=headers)


def _decided(request: WorkbenchRequest, run_id: UUID, generation_id: UUID, decision: Decision) -> HttpResponse:
    found = run_or_404(request, run_id)
    output = output_or_404(found, generation_id)
    try:
        decide(output=output, decision=decision)
    except PlaygroundError as error:
        return _refused(request, found, error)
    if not request.htmx:
        return redirect(found)
    return HttpResponse(ShownOutput.of(found, output).render(request))


def _before(found: Run) -> str | None:
    """Return the text before the cursor with the accepted output; ``None`` if nothing was accepted."""
    if found.kind == Kind.SIDE_BY_SIDE:
        return None
    accepted = [output for output in found.outputs.all() if output.decision == Decision.ACCEPTED]
    return accepted_texts(found, text_so_far(accepted[0].generation))[0] if accepted else None


def _start_anew(request: WorkbenchRequest, found: Run, *, before: str) -> HttpResponse:
    form = FORMS[found.kind](initial_of(found, before=before), person_id=request.user.pk)
    if not form.is_valid():
        return editor_page(request, form, run=found, status=UNPROCESSABLE)
    return _go(request, start_run(request.user, form).get_absolute_url())


def _refused(request: WorkbenchRequest, found: Run, error: PlaygroundError) -> HttpResponse:
    form = FORMS[found.kind](initial=initial_of(found, before=_before(found)), person_id=request.user.pk)
    return editor_page(request, form, run=found, sentence=error.sentence, status=error.status)


def _go(request: WorkbenchRequest, address: str) -> HttpResponse:
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
