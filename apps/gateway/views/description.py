"""``/openapi.json``."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps.gateway.openapi.document import openapi_document


@login_not_required
@require_safe
def describe(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Describe the API; no key is needed."""
    return HttpResponse(openapi_document(), content_type="application/json")
