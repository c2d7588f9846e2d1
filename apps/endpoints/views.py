"""Pages about endpoints, for staff."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.accounts.requests import user_of
from apps.endpoints.models import Endpoint


@require_safe
def list_endpoints(request: HttpRequest) -> HttpResponse:
    """Every endpoint, in the order in which they are chosen. Who is not staff gets 404, who is signed out signs in."""
    if not user_of(request).is_staff:
        raise Http404
    return render(request, "endpoints/list.html", {"endpoints": Endpoint.objects.preferred_first()})
