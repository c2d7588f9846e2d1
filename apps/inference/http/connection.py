"""The HTTP session that a process uses for all its model servers."""

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import aiohttp

LONGEST_HEADER = 16_384

type IsAllowed = Callable[[IPv4Address | IPv6Address], bool]


class NotAllowed(PermissionError):
    """``is_allowed`` refuses the address to connect to; callers get ``AddressRefused``."""

    def __init__(self) -> None:
        super().__init__("the address is not allowed")


def open_session(is_allowed: IsAllowed | None = None) -> aiohttp.ClientSession:
    """Open a session for hundreds of streams; call it inside the event loop that uses it, and close it.

    It keeps nothing between requests: no cookies, no proxy or credentials from the environment, and no idle
    connections, because a request sent on a connection that the server is closing fails and must not be repeated
    blindly. Time limits are set per request by the protocols.

    ``is_allowed`` checks each address at the moment of connecting to it, after the name was resolved: a name that
    resolves differently a moment later changes nothing. If a name has several addresses, refused ones are skipped.
    """
    connector = aiohttp.TCPConnector(
        limit=0,
        limit_per_host=0,
        force_close=True,
        ttl_dns_cache=30,
        socket_factory=_checked_sockets(is_allowed) if is_allowed else None,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=True,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        max_line_size=LONGEST_HEADER,
        max_field_size=LONGEST_HEADER,
        # This buffer holds seconds of text for a slow reader. More text waits in the socket and takes no memory.
        read_bufsize=65_536,
        headers={"User-Agent": "code-llama-workbench"},
    )


def _checked_sockets(is_allowed: IsAllowed) -> Callable[[Any], socket.socket]:
    def open_socket(address_info: tuple[int, int, int, str, tuple[Any, ...]]) -> socket.socket:
        family, kind, protocol, _, address = address_info
        if not is_allowed(ip_address(address[0])):
            raise NotAllowed
        return socket.socket(family, kind, protocol)

    return open_socket
