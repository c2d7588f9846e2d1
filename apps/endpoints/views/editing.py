"""Add, change and remove an endpoint."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.accounts.requests import WorkbenchRequest
from apps.endpoints.console.cards import read_card, running_by_id
from apps.endpoints.errors import NameTaken
from apps.endpoints.forms import EndpointForm
from apps.endpoints.models import Endpoint
from apps.endpoints.services import remove_endpoint, save_endpoint
from apps.endpoints.views.access import staff_only

CHANGES_SHOWN = 20


@sensitive_post_parameters("new_token")
@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def add(request: WorkbenchRequest) -> HttpResponse:
    """Show the form for a new endpoint, and create it."""
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (endpoint := _saved(request, form)) is not None:
        messages.success(request, f"{endpoint.name} was added.")
        return redirect("endpoints:list")
    return render(request, "endpoints/form.html", {"form": form}, status=422 if form.errors else 200)


@sensitive_post_parameters("new_token")
@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def change(request: WorkbenchRequest, endpoint_id: UUID) -> HttpResponse:
    """Show the form of one endpoint with its health and its changes, and save it."""
    stored = get_object_or_404(Endpoint, pk=endpoint_id)
    form = EndpointForm(request.POST or None, instance=get_object_or_404(Endpoint, pk=endpoint_id))
    if request.method == "POST" and form.is_valid() and (endpoint := _saved(request, form)) is not None:
        messages.success(request, f"{endpoint.name} was saved.")
        return redirect("endpoints:list")
    context = {
        "form": form,
        "endpoint": stored,
        "card": read_card(stored, timezone.now()),
        "changes": stored.changes.all()[:CHANGES_SHOWN],
    }
    return render(request, "endpoints/form.html", context, status=422 if form.errors else 200)


def _saved(request: WorkbenchRequest, form: EndpointForm) -> Endpoint | None:
    """Save a valid form. If its name was taken meanwhile, say so in the form and return ``None``."""
    groups = form.cleaned_data["groups"]
    try:
        return save_endpoint(endpoint=form.save(commit=False), by=request.user, groups=groups)
    except NameTaken as error:
        form.add_error("name", error.sentence)
        return None


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def delete(request: WorkbenchRequest, endpoint_id: UUID) -> HttpResponse:
    """Ask for confirmation on GET, delete on POST."""
    endpoint = get_object_or_404(Endpoint, pk=endpoint_id)
    if request.method == "POST":
        remove_endpoint(endpoint=endpoint, by=request.user)
        messages.success(request, f"{endpoint.name} was deleted.")
        return redirect("endpoints:list")
    context = {"endpoint": endpoint, "running": running_by_id([endpoint.pk]).get(endpoint.pk, 0)}
    return render(request, "endpoints/confirm_delete.html", context)
