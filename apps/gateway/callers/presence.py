"""Find out whether a caller is still connected.

The server cancels a request in two cases: its caller leaves, or the server stops. Only ASGI's messages tell which.
"""

from typing import Any

from django.http import HttpRequest

LEFT = "workbench.caller_left"


def note_who_leaves(application: Any) -> Any:
    """Wrap an ASGI application so that ``has_left`` can tell."""

    async def watched(scope: dict[str, Any], receive: Any, send: Any) -> None:
        async def noting() -> Any:
            message = await receive()
            if message["type"] == "http.disconnect":
                scope[LEFT] = True
            return message

        await application(scope, noting, send)

    return watched


def has_left(request: HttpRequest) -> bool:
    """Return whether the request's caller closed the connection."""
    return bool(getattr(request, "scope", {}).get(LEFT))
