"""Log one line when a request begins and one when it ends, without the query string: sign-in links carry a token."""

from collections.abc import Awaitable

from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware

# Machines ask for these every few seconds; logging them would also load a session.
PROBES = frozenset({"/healthz", "/readyz", "/readyz/worker", "/metrics"})


class RequestLogMiddleware(RequestMiddleware):
    """django-structlog's middleware, with method and path only, and silent about health checks."""

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        if request.path in PROBES:
            return self.get_response(request)
        return super().__call__(request)

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"
