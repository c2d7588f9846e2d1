"""Give a WebSocket the session and the person of its handshake's cookie.

Channels' middlewares cost two more changes of thread, and check the session with every frame. Here the
person is read at the consumer's first use, in the same thread that reads the conversation.
"""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.http import HttpRequest, parse_cookie
from django.utils.functional import SimpleLazyObject

from apps.accounts.sign_in.person import person_of


def with_person(application: Any) -> Any:
    """Wrap an ASGI application for WebSockets: its scope gets ``session`` and ``user``, which are read when used."""
    store = import_module(settings.SESSION_ENGINE).SessionStore

    async def signed_in(scope: dict[str, Any], receive: Any, send: Any) -> None:
        cookies = parse_cookie(dict(scope["headers"]).get(b"cookie", b"").decode("latin-1"))
        request = HttpRequest()
        request.session = store(cookies.get(settings.SESSION_COOKIE_NAME))
        person = SimpleLazyObject(lambda: person_of(request))
        await application({**scope, "session": request.session, "user": person}, receive, send)

    return signed_in
