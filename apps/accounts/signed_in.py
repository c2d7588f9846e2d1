"""Who is not signed in is led to the page for it; a request of htmx is refused."""

from typing import Any, override

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase


class SignedInMiddleware(LoginRequiredMiddleware):
    """A redirect would be followed, and the page that it leads to taken for the answer to what was sent."""

    @override
    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponseBase:  # type: ignore[override]  # not only redirects
        if request.headers.get("HX-Request") == "true":
            return HttpResponse("Sign in first.", status=403, content_type="text/plain")
        return super().handle_no_permission(request, view_func)
