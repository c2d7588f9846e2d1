"""Answer a request that failed in the server: a page, JSON for programs, or a refused WebSocket."""

import sys
from http import HTTPStatus
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error

from apps.chat.consumers import TRY_AGAIN_LATER
from apps.gateway.access import refusal
from apps.gateway.addresses import is_for_api
from apps.gateway.errors import ServerFailed, Unavailable
from apps.stores.outages import STORE_AWAY

logger = structlog.get_logger(__name__)

RETRY_SECONDS = "5"
DENIAL = "websocket.http.response"  # an optional extension of ASGI


def answer_failure(request: HttpRequest) -> HttpResponse:
    """Answer 503 if Postgres or Redis is away, else 500. Django calls this while it handles the error."""
    is_away = isinstance(sys.exception(), STORE_AWAY)
    if is_for_api(request.path):
        response = refusal(Unavailable() if is_away else ServerFailed())
    elif not is_away:
        return server_error(request)
    else:
        page = render_to_string("503.html")
        response = HttpResponse(page, status=HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": RETRY_SECONDS})
    response["Cache-Control"] = "no-store"
    return response


def refuse_sockets_while_away(application: Any) -> Any:
    """Wrap an ASGI application for WebSockets: answer a handshake 503 while Postgres or Redis is away.

    Pages reconnect again and again, so each attempt is logged in one line. An accepted socket is closed with 1013.
    """

    async def refusing(scope: dict[str, Any], receive: Any, send: Any) -> None:
        latest = ""

        async def noting(message: dict[str, Any]) -> None:
            nonlocal latest
            latest = message["type"]
            await send(message)

        try:
            await application(scope, receive, noting)
        except STORE_AWAY as error:
            logger.warning("socket refused", error=type(error).__name__)
            if not latest and DENIAL in scope.get("extensions", {}):
                await _deny(send)
            elif latest != "websocket.close":
                await send({"type": "websocket.close", "code": TRY_AGAIN_LATER})

    return refusing


async def _deny(send: Any) -> None:
    headers = [(b"retry-after", RETRY_SECONDS.encode()), (b"cache-control", b"no-store")]
    await send({"type": f"{DENIAL}.start", "status": HTTPStatus.SERVICE_UNAVAILABLE, "headers": headers})
    await send({"type": f"{DENIAL}.body", "body": b"The database or Redis does not answer. Try again later.\n"})
