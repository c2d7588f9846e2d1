"""Enable, drain or disable an endpoint."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from apps.accounts.requests import WorkbenchRequest
from apps.endpoints.console.cards import running_by_id
from apps.endpoints.forms import StateForm
from apps.endpoints.models import Endpoint, State
from apps.endpoints.services import set_endpoint_state
from apps.endpoints.views.access import staff_only

SAID = {
    State.ENABLED: "{} takes new work.",
    State.DRAINING: "{} takes no new work and finishes what it has.",
    State.DISABLED: "{} is disabled.",
}


@require_POST
@staff_only
def change_state(request: WorkbenchRequest, endpoint_id: UUID) -> HttpResponse:
    """Change the state; ask before disabling an endpoint that runs generations."""
    endpoint = get_object_or_404(Endpoint, pk=endpoint_id)
    form = StateForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=400)
    state = State(form.cleaned_data["state"])
    running = running_by_id([endpoint.pk]).get(endpoint.pk, 0)
    if state == State.DISABLED and running and not form.cleaned_data["confirmed"]:
        return render(request, "endpoints/confirm_disable.html", {"endpoint": endpoint, "running": running})
    set_endpoint_state(name=endpoint.name, state=state, by=request.user)
    messages.success(request, SAID[state].format(endpoint.name))
    return redirect("endpoints:list")
