"""Whatever else is asked for under ``/v1/``."""

from django.http import HttpRequest, HttpResponse

from apps.accounts.models import ApiKey
from apps.gateway.access import api_view
from apps.gateway.errors import NotFound


@api_view()
async def unknown(request: HttpRequest, key: ApiKey, path: str = "") -> HttpResponse:  # noqa: ARG001
    """A client expects JSON of a wrong address too."""
    raise NotFound("There is nothing at this address.")
