"""The answer to a request at which the server failed: a page, or JSON for programs."""

import sys
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error

from apps.gateway.access import refusal
from apps.gateway.errors import Unavailable
from apps.stores.outages import STORE_AWAY
from project.body_limits import API

RETRY_SECONDS = "5"


def answer_failure(request: HttpRequest) -> HttpResponse:
    """Answer 503 if Postgres or Redis is away, which passes; else 500. Django calls this while it handles the error."""
    if not isinstance(sys.exception(), STORE_AWAY):
        return server_error(request)
    if request.path.startswith(API):  # a session that came with it was looked up before the API could
        response = refusal(Unavailable())
    else:
        page = render_to_string("503.html")
        response = HttpResponse(page, status=HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": RETRY_SECONDS})
    response["Cache-Control"] = "no-store"
    return response
