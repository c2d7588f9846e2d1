"""Log one line when a request begins and one when it ends, without the query string: sign-in links carry a token."""

from collections.abc import Awaitable

from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware
from structlog.contextvars import bind_contextvars, get_contextvars

# Not logged: machines request these every few seconds, and logging would load a session each time.
PROBES = frozenset({"/healthz", "/readyz", "/readyz/worker", "/metrics"})


class RequestLogMiddleware(RequestMiddleware):
    """django-structlog's middleware, with method and path only, and silent about health checks."""

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        if request.path in PROBES:
            return self.get_response(request)
        return super().__call__(request)

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        """Log the end, and send the browser the request's id as in the logs."""
        response["X-Request-Id"] = get_contextvars().get("request_id", "")
        super().handle_response(request, response)

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        """Log the address from the server, which trusts only its proxies; anyone can send the headers."""
        bind_contextvars(ip=request.META.get("REMOTE_ADDR"))

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"
