"""TGI takes requests at its root too, and Hugging Face's client sends them there. Here the root is a page."""

from typing import Any

ROOT = "/tgi"


def take_root(application: Any) -> Any:
    """Wrap an ASGI application: a ``POST`` to the root goes to the API."""

    async def routed(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["method"] == "POST" and scope["path"] == "/":
            scope = {**scope, "path": ROOT, "raw_path": ROOT.encode()}
        await application(scope, receive, send)

    return routed
