"""Show times in the reader's zone, which the browser tells in a cookie."""

from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.utils import timezone

ZONES = frozenset(available_timezones())


def in_readers_zone(application: Any) -> Any:
    """Wrap an ASGI application: pages, streams and sockets use the reader's zone."""

    async def zoned(scope: dict[str, Any], receive: Any, send: Any) -> None:
        zone = zone_of(dict(scope["headers"]).get(b"cookie", b""))
        with timezone.override(zone or timezone.get_default_timezone()):
            await application(scope, receive, send)

    return zoned


def zone_of(cookies: bytes) -> ZoneInfo | None:
    """Return the zone in the cookie, if such a zone exists."""
    if settings.TIME_ZONE_COOKIE_NAME.encode() not in cookies:
        return None
    with suppress(CookieError):
        named = SimpleCookie(cookies.decode("latin-1")).get(settings.TIME_ZONE_COOKIE_NAME)
        if named is not None and named.value in ZONES:
            return ZoneInfo(named.value)
    return None
