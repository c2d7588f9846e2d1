"""One log line as a request begins and ends, without its query string: sign-in links carry a token there."""

from collections.abc import Awaitable

from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware

# Asked every few seconds by machines; logging them would also load the session of whoever is signed in.
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})


class RequestLogMiddleware(RequestMiddleware):
    """django-structlog's own, naming method and path only, and silent about probes."""

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        if request.path in PROBES:
            return self.get_response(request)
        return super().__call__(request)

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"
