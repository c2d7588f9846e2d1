"""The network address of a request."""

from ipaddress import ip_address

from django.http import HttpRequest

UNKNOWN = "0.0.0.0"  # noqa: S104 (nobody binds to it: the server listens on a Unix socket, and no proxy was named)


def address_of(request: HttpRequest) -> str:
    """Return the client's address.

    uvicorn takes it from ``X-Forwarded-For`` when the request comes from a proxy that ``FORWARDED_ALLOW_IPS`` names.
    The header is never read here, since anybody can send it.
    """
    address = str(request.META.get("REMOTE_ADDR", ""))
    try:
        return str(ip_address(address))
    except ValueError:
        return UNKNOWN
