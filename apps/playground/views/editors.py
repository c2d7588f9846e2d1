"""The three pages on which people start runs."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_htmx.http import push_url, retarget

from apps.accounts.models import User
from apps.accounts.requests import WorkbenchRequest
from apps.generation.models import Task
from apps.playground.display import shown_outputs
from apps.playground.drafts import keep_draft, read_draft
from apps.playground.errors import PlaygroundError
from apps.playground.examples import EXAMPLES
from apps.playground.forms import FORMS, CompleteForm, DocumentForm, DraftForm, PlaygroundForm, SideBySideForm
from apps.playground.models import Kind, Run
from apps.playground.offers import able_by_id, find_offer, is_for_others, models_able, offers_for, unable_endpoints
from apps.playground.selectors import find_run, initial_of, runs_of
from apps.playground.services import start_document_run, start_side_by_side

UNPROCESSABLE = 422
RECENT = 6


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def editor(request: WorkbenchRequest, kind: str) -> HttpResponse:
    """Show the form of a kind, filled from the address or from a run; start a posted run."""
    form_class = FORMS[kind]
    if request.method != "POST":
        return editor_page(request, form_class(initial=_given(request, Kind(kind)), person_id=request.user.pk))
    form = form_class(request.POST, person_id=request.user.pk)
    if not form.is_valid():
        return refused(request, form, "")
    try:
        run = start_run(request.user, form)
    except PlaygroundError as error:
        return refused(request, form, error.sentence, error.status)
    if not request.htmx:
        return redirect(run)
    started = Run.objects.with_outputs().get(pk=run.pk)
    context = {"run": started, "outputs": shown_outputs(started), "recent": recent_runs(request.user)}
    return push_url(render(request, "playground/_started.html", context), run.get_absolute_url())


@require_http_methods(["GET", "HEAD", "POST"])
def open_code(request: WorkbenchRequest) -> HttpResponse:
    """Keep the posted code and redirect to the page that completes it; send nothing to a model.

    A person who must sign in first loses the code.
    """
    if request.method != "POST":
        return redirect("playground:complete")
    form = DraftForm(request.POST)
    if not form.is_valid():
        sentence = " ".join(str(error) for errors in form.errors.values() for error in errors)
        empty = CompleteForm(person_id=request.user.pk)
        return editor_page(request, empty, sentence=sentence, status=UNPROCESSABLE)
    token = keep_draft(owner=request.user, text=form.text)
    return redirect(reverse("playground:complete", query={"draft": token}))


def start_run(owner: User, form: PlaygroundForm) -> Run:
    """Start the run of a valid form. Raises ``PlaygroundError``."""
    if isinstance(form, SideBySideForm):
        task = Task(form.cleaned_data["task"])
        return start_side_by_side(
            owner=owner,
            prompt=form.text("prompt"),
            task=task,
            endpoints=able_by_id(form.cleaned_data["endpoints"], task, owner.pk),
            parameters=form.sampling,
            settings=form.settings,
        )
    return start_document_run(
        owner=owner,
        kind=form.kind,
        document=form.document,
        offer=find_offer(form.cleaned_data.get("model", ""), form.task, owner.pk),
        parameters=form.parameters,
        settings=form.settings,
    )


def editor_page(
    request: WorkbenchRequest,
    form: PlaygroundForm,
    *,
    run: Run | None = None,
    sentence: str = "",
    status: int = 200,
) -> HttpResponse:
    """Return the page of the form, with the outputs of ``run``."""
    context: dict[str, Any] = {
        "form": form,
        "kind": form.kind,
        "kinds": Kind.choices,
        "run": run,
        "outputs": shown_outputs(run) if run else [],
        "sentence": sentence,
        "recent": recent_runs(request.user),
        "example": EXAMPLES.get(form.kind),
    }
    if isinstance(form, DocumentForm):
        context |= {"is_offered": bool(form.offers), "able": models_able(form.task)}
        if not form.offers:
            context["unable"] = unable_endpoints(form.task, request.user.pk)
            context["is_for_others"] = is_for_others(form.task)
    else:
        context["is_offered"] = len(form.able) > 1
    return render(request, f"playground/{form.kind.replace('-', '_')}.html", context, status=status)


def refused(
    request: WorkbenchRequest, form: PlaygroundForm, sentence: str, status: int = UNPROCESSABLE
) -> HttpResponse:
    """Show the form again with the reason why nothing was started; keep the typed text."""
    if not request.htmx:
        return editor_page(request, form, sentence=sentence, status=status)
    errors = [str(error) for errors in form.errors.values() for error in errors]
    context = {"sentence": sentence or " ".join(errors)}
    return retarget(render(request, "playground/_problem.html", context, status=UNPROCESSABLE), "#problem")


def recent_runs(user: User) -> list[Run]:
    return list(runs_of(user)[:RECENT])


def _given(request: WorkbenchRequest, kind: Kind) -> Mapping[str, Any]:
    """Return the form's values from the address: texts and a variant by name, a draft's text, or a run's values."""
    if kind == Kind.COMPLETE and "draft" in request.GET:
        draft = read_draft(request.user, request.GET["draft"])
        return {} if draft is None else {"code": draft}
    try:
        run = find_run(request.user, UUID(request.GET["from"]))
    except (KeyError, ValueError):
        run = None
    if run is not None and run.kind == kind:
        return initial_of(run)
    names = (*FORMS[kind].texts, "model", "task", "language")
    given = {name: request.GET[name] for name in names if name in request.GET}
    form_class = FORMS[kind]
    if "variant" in request.GET and issubclass(form_class, DocumentForm):
        offered = offers_for(form_class.task, request.user.pk)
        offers = [offer.value for offer in offered if offer.is_for(request.GET["variant"])]
        given |= {"model": offers[0]} if offers else {}
    return given
