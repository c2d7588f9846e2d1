"""The Test button: start a connection test of the form's values, and show its steps."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.requests import WorkbenchRequest
from apps.endpoints.choices import Protocol
from apps.endpoints.connection_test.record import read_record
from apps.endpoints.connection_test.view import steps_shown, summary_of
from apps.endpoints.console.look import look_at
from apps.endpoints.errors import EndpointError
from apps.endpoints.forms import EndpointForm
from apps.endpoints.models import Endpoint
from apps.endpoints.services.start_connection_test import start_connection_test
from apps.endpoints.views.access import staff_only


@sensitive_post_parameters("new_token")
@require_POST
@staff_only
def start(request: WorkbenchRequest, endpoint_id: UUID | None = None) -> HttpResponse:
    """Test the form's values, or the stored ones if there are none. An empty token field uses the stored token."""
    instance = get_object_or_404(Endpoint, pk=endpoint_id) if endpoint_id else None
    if instance and "url" not in request.POST:
        return _start_stored(request, instance)
    form = EndpointForm(request.POST, instance=instance)
    if not form.is_valid():
        return render(request, "endpoints/_connection_test_refused.html", {"form": form}, status=422)
    try:
        test_id = start_connection_test(endpoint=form.save(commit=False), by=request.user)
    except EndpointError as error:
        form.add_error(None, error.sentence)
        return render(request, "endpoints/_connection_test_refused.html", {"form": form}, status=422)
    if not request.htmx:
        return redirect("endpoints:connection_test", test_id)
    return _show(request, test_id)


def _start_stored(request: WorkbenchRequest, endpoint: Endpoint) -> HttpResponse:
    try:
        test_id = start_connection_test(endpoint=endpoint, by=request.user)
    except EndpointError as error:
        messages.error(request, error.sentence)
        return redirect("endpoints:list")
    return redirect("endpoints:connection_test", test_id)


@sensitive_post_parameters("new_token")
@require_POST
@staff_only
def look(request: WorkbenchRequest) -> HttpResponse:
    """Say what answers at the address that is being typed."""
    sent = request.POST
    protocol = sent.get("protocol", "")
    if protocol not in Protocol or not sent.get("url", "").strip():
        return HttpResponse(status=204)
    found = look_at(url=sent["url"], protocol=protocol, token=sent.get("new_token", ""))
    return render(request, "endpoints/_look.html", {"found": found})


@never_cache
@require_safe
@staff_only
def show(request: WorkbenchRequest, test_id: str) -> HttpResponse:
    """Show the steps so far."""
    return _show(request, test_id)


def _show(request: WorkbenchRequest, test_id: str) -> HttpResponse:
    record = read_record(test_id, owner_id=request.user.pk)
    if record is None:
        raise Http404
    template = "endpoints/_connection_test.html" if request.htmx else "endpoints/connection_test.html"
    context = {"record": record, "steps": steps_shown(record), "verdict": summary_of(record)}
    return render(request, template, context)
