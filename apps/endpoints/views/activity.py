"""The activity of one endpoint: charts, a table and its failures."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.requests import WorkbenchRequest
from apps.endpoints.console.activity import RANGES, read_activity
from apps.endpoints.models import Endpoint
from apps.endpoints.views.access import staff_only


@never_cache
@require_safe
@staff_only
def show_activity(request: WorkbenchRequest, endpoint_id: UUID) -> HttpResponse:
    """Answer with the page of a range. An unknown range gets the page of the last hour."""
    endpoint = get_object_or_404(Endpoint, pk=endpoint_id)
    chosen = RANGES.get(request.GET.get("range", ""), RANGES["1h"])
    context = {
        "endpoint": endpoint,
        "ranges": RANGES.values(),
        "chosen": chosen,
        "activity": read_activity(endpoint, chosen, timezone.now()),
    }
    return render(request, "endpoints/activity.html", context)
