"""Every other address under ``/v1/``."""

from django.http import HttpRequest, HttpResponse

from apps.accounts.models import ApiKey
from apps.gateway.access import api_view
from apps.gateway.errors import NotFound


@api_view()
async def unknown(request: HttpRequest, key: ApiKey, path: str = "") -> HttpResponse:  # noqa: ARG001
    """Answer 404 as JSON, because clients cannot read an HTML page."""
    raise NotFound("There is nothing at this address.")
