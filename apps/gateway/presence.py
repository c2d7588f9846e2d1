"""Whether a caller is still there.

A request is cancelled when its caller leaves, and also when the server stops: only what came over the connection says
which it was.
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
    """Whether the request's caller closed the connection."""
    return bool(getattr(request, "scope", {}).get(LEFT))
