"""Let only pages of this site open WebSockets.

Browsers send cookies with sockets that other sites open, and that other ports of the same host open. Channels' own
check compares host names only.
"""

from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host


def only_from_own_pages(application: Any) -> Any:
    """Wrap an ASGI application for WebSockets: refuse handshakes from pages of another origin, or of none."""

    async def checked(scope: dict[str, Any], receive: Any, send: Any) -> Any:
        chosen: Any = application if is_own_page(dict(scope["headers"])) else WebsocketDenier()
        return await chosen(scope, receive, send)

    return checked


def is_own_page(headers: dict[bytes, bytes]) -> bool:
    """Return whether the page that opens the socket comes from a trusted origin, or from the host that it asks."""
    origin, host = (headers.get(name, b"").decode("latin-1").lower() for name in (b"origin", b"host"))
    if origin in {trusted.lower() for trusted in settings.CSRF_TRUSTED_ORIGINS}:
        return True
    # DNS rebinding: an attacker's host name may point here, and then host and origin agree.
    domain, _ = split_domain_port(host)
    if not validate_host(domain, settings.ALLOWED_HOSTS):
        return False
    try:
        return urlsplit(origin).netloc == host
    except ValueError:
        return False
