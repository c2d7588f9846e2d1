"""Check that a URL may be a model server's address, for forms, commands and the admin alike.

Only the text of the URL is checked here. The addresses that its name resolves to are checked, and pinned, when the
connection is opened (``apps.endpoints.security.networks``).
"""

import re
import socket
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ValidationError

from apps.endpoints.errors import AddressRefused
from apps.endpoints.security.networks import Address, is_in_allowed_networks, is_metadata, is_not_one_server

LONGEST_URL = 500

METADATA_NAMES = frozenset({"metadata", "metadata.google.internal", "metadata.goog", "instance-data"})

_ODD_CHARACTERS = re.compile(r"[\x00-\x20\x7f-\uffff\\]")
_HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def normalise_address(url: str) -> str:
    """Return ``url`` as it is stored: lower-case host, plain address notation, no trailing slash or ``/v1``.

    Raises ``AddressRefused``.
    """
    url = url.strip()
    parts = _split(url)
    host = _normalise_host(parts.hostname or "")
    port = _port(parts)
    path = re.sub(r"/+(v1/*)?$", "", parts.path)
    return f"{parts.scheme}://{host}{port}{path}"


def validate_address(url: str) -> None:
    """Raise ``ValidationError`` for a URL that ``normalise_address`` refuses."""
    try:
        normalise_address(url)
    except AddressRefused as refusal:
        raise ValidationError(refusal.sentence, code="address") from refusal


def _split(url: str) -> SplitResult:
    if len(url) > LONGEST_URL:
        raise AddressRefused(f"The URL is longer than {LONGEST_URL} characters.")
    if _ODD_CHARACTERS.search(url):
        raise AddressRefused("The URL must be plain ASCII without spaces or backslashes.")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise AddressRefused("The URL cannot be read: check the brackets around its address.") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise AddressRefused("The URL must look like http://host:port or https://host.")
    if "[" in parts.netloc and ":" not in parts.hostname:
        raise AddressRefused("The URL's IPv6 address cannot be read.")
    if "@" in parts.netloc:
        raise AddressRefused("The URL must not hold a user name or password: store a token instead.")
    if "?" in url or "#" in url:
        raise AddressRefused("The URL must have no query and no fragment.")
    return parts


def _port(parts: SplitResult) -> str:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise AddressRefused("The URL's port must be a number from 1 to 65535.")
    return f":{port}" if port else ""


def _normalise_host(host: str) -> str:
    address = _read_address(host)
    if address is None:
        return _check_name(host.rstrip("."))
    _check_address(address)
    return f"[{address}]" if isinstance(address, IPv6Address) else str(address)


def _read_address(host: str) -> Address | None:
    """Return the address that ``host`` spells in any notation (0x7f.1, 017700000001); ``None`` for a name."""
    if ":" in host:
        return _read_ipv6(host)
    host = host.rstrip(".")
    if not _NUMBER.fullmatch(host.rpartition(".")[2]):
        return None
    try:
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        raise AddressRefused("The URL's host ends in a number but is not an IP address.") from None


def _read_ipv6(host: str) -> Address:
    try:
        address = IPv6Address(host)
    except AddressValueError:
        raise AddressRefused("The URL's IPv6 address cannot be read.") from None
    if address.scope_id:
        raise AddressRefused("The URL must not name a network interface.")
    return address


def _check_name(name: str) -> str:
    if not _HOST_NAME.fullmatch(name):
        raise AddressRefused("The URL's host is not a host name: write an international name in its xn-- form.")
    if name in METADATA_NAMES or name.startswith("instance-data."):
        raise AddressRefused("The URL points at a cloud metadata service, which is never a model server.")
    return name


def _check_address(address: Address) -> None:
    if is_metadata(address):
        raise AddressRefused("The URL points at a link-local or cloud metadata address, never a model server.")
    if is_not_one_server(address):
        raise AddressRefused("The URL must name one server: 127.0.0.1 instead of 0.0.0.0.")
    if not is_in_allowed_networks(address):
        raise AddressRefused("The URL points outside the networks that ENDPOINT_ALLOWED_NETWORKS names.")
