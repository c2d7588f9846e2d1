"""Which URLs may be called a model server: the one place that decides, for forms, commands and the admin.

Private and loopback addresses are welcome, because that is where GPU servers live. Link-local and cloud metadata
addresses are refused in every notation, because whoever reaches those through us holds the host's credentials.
Only the text of the URL is looked at: a name that resolves to such an address is not seen here; pinning what a name
resolves to at connection time is a later piece of work.
"""

import re
import socket
from ipaddress import AddressValueError, IPv4Address, IPv6Address, IPv6Network
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ValidationError

from apps.endpoints.errors import AddressRefused

LONGEST_URL = 500

METADATA_NAMES = frozenset({"metadata", "metadata.google.internal", "metadata.goog", "instance-data"})
METADATA_ADDRESSES = frozenset(
    {
        IPv4Address("168.63.129.16"),  # Azure
        IPv4Address("100.100.100.200"),  # Alibaba
        IPv4Address("192.0.0.192"),  # Oracle
        IPv6Address("fd00:ec2::254"),  # AWS
        IPv6Address("fd20:ce::254"),  # Google
    }
)
# IPv6 ranges whose last 32 bits are an IPv4 address: IPv4-compatible, and translated (NAT64, local and well-known).
CARRIES_IPV4 = (IPv6Network("::/96"), IPv6Network("::ffff:0:0:0/96"), IPv6Network("64:ff9b::/96"))

type Address = IPv4Address | IPv6Address

_ODD_CHARACTERS = re.compile(r"[\x00-\x20\x7f-\uffff\\]")
_HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def normalise_address(url: str) -> str:
    """``url`` as it is stored: lower-case host, plain address notation, no trailing slash, no trailing ``/v1``.

    Raises ``AddressRefused``.
    """
    url = url.strip()
    parts = _split(url)
    host = _normalise_host(parts.hostname or "")
    port = _port(parts)
    path = re.sub(r"/+(v1/*)?$", "", parts.path)
    return f"{parts.scheme}://{host}{port}{path}"


def validate_address(url: str) -> None:
    """Django validator."""
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
    """The address that ``host`` spells in any notation a resolver takes (0x7f.1, 017700000001), None for a name."""
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
    for spelled in _meanings(address):
        if spelled.is_link_local or spelled in METADATA_ADDRESSES:
            raise AddressRefused("The URL points at a link-local or cloud metadata address, never a model server.")
        if spelled.is_unspecified or spelled.is_multicast:
            raise AddressRefused("The URL must name one server: 127.0.0.1 instead of 0.0.0.0.")


def _meanings(address: Address) -> list[Address]:
    """``address`` and the IPv4 addresses that it carries inside."""
    if isinstance(address, IPv4Address):
        return [address]
    carried = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in CARRIES_IPV4) and address != IPv6Address("::1"):
        carried.append(IPv4Address(address.packed[-4:]))
    return [address, *(inner for inner in carried if inner is not None)]
