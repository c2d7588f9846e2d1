"""Send people who are not signed in to the sign-in page; refuse htmx requests."""

from typing import Any, override

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase


class SignedInMiddleware(LoginRequiredMiddleware):
    """Refuse htmx requests instead of redirecting: htmx would take the sign-in page for the answer."""

    @override
    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponseBase:  # type: ignore[override]  # not only redirects
        if request.headers.get("HX-Request") == "true":
            return HttpResponse("Sign in first.", status=403, content_type="text/plain")
        return super().handle_no_permission(request, view_func)
