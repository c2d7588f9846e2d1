"""Refuse a request body that is too large, before it is read.

Django reads the whole body, to disk if large, before a view can refuse it. This checks the declared length first, and
counts bodies without one as they arrive.
"""

from typing import Any

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.utils.csp import build_policy

from apps.gateway.access import json_response
from apps.gateway.addresses import is_for_api
from apps.gateway.errors import TooLarge


class BodyTooLarge(Exception):
    """The body has grown beyond its limit."""


def limit_bodies(application: Any) -> Any:
    """Wrap an ASGI application for HTTP."""

    async def limited(scope: dict[str, Any], receive: Any, send: Any) -> None:
        room = most = most_for(scope["path"])

        async def counting() -> Any:
            nonlocal room
            message = await receive()
            room -= len(message.get("body", b""))
            if room < 0:
                raise BodyTooLarge
            return message

        if declared_length(scope) > most:
            await refuse(scope, send, most)
            return
        try:
            await application(scope, counting, send)
        except BodyTooLarge:  # no response has started yet: Django reads the whole body first
            await refuse(scope, send, most)

    return limited


def most_for(path: str) -> int:
    """Return the largest body that the path accepts, in bytes."""
    return next((most for start, most in settings.BODY_BYTES.items() if path.startswith(start)), 0)


def declared_length(scope: dict[str, Any]) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return max((int(value) for value in lengths if value.isdigit()), default=0)


async def refuse(scope: dict[str, Any], send: Any, most: int) -> None:
    """Answer 413, with a page for people. The server discards the rest of the body."""
    if is_for_api(scope["path"]):
        response = json_response(TooLarge("The request is too large.").body)
        content_type, body = b"application/json", response.content
    else:
        content_type = b"text/html; charset=utf-8"
        body = render_to_string("413.html", {"most": filesizeformat(most)}).encode()
    headers = [
        (b"content-type", content_type),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"referrer-policy", b"same-origin"),
        (b"content-security-policy", build_policy(settings.SECURE_CSP).encode()),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
