"""Check that a model server may have an IP address: for typed addresses and for resolved names.

Private and loopback addresses are allowed, since GPU servers live there; ``ENDPOINT_ALLOWED_NETWORKS`` narrows them.
Link-local and cloud metadata addresses are always refused, in every IPv6 range that carries an IPv4 address: a request
to those through us would return the host's credentials.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from django.conf import settings

type Address = IPv4Address | IPv6Address

METADATA_ADDRESSES = frozenset(
    {
        IPv4Address("168.63.129.16"),  # Azure
        IPv4Address("100.100.100.200"),  # Alibaba
        IPv4Address("192.0.0.192"),  # Oracle
        IPv6Address("fd00:ec2::254"),  # AWS
        IPv6Address("fd20:ce::254"),  # Google
    }
)
LOOPBACK = IPv6Address("::1")
# Networks whose last 32 bits are an IPv4 address: IPv4-compatible, IPv4-translated and NAT64 (RFC 6052, RFC 8215).
CARRIES_IPV4 = (
    IPv6Network("::/96"),
    IPv6Network("::ffff:0:0:0/96"),
    IPv6Network("64:ff9b::/96"),
    IPv6Network("64:ff9b:1::/48"),
)
LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
ISATAP = (b"\x00\x00\x5e\xfe", b"\x02\x00\x5e\xfe")
NOT_ONE_SERVER = (IPv4Network("0.0.0.0/8"), IPv4Network("240.0.0.0/4"))


def is_allowed_address(address: Address) -> bool:
    """Return whether a connection to ``address`` may be opened."""
    return not is_metadata(address) and not is_not_one_server(address) and is_in_allowed_networks(address)


def is_metadata(address: Address) -> bool:
    """Return whether ``address`` is link-local or a cloud's metadata service, which hands out credentials."""
    return any(inner.is_link_local or inner in METADATA_ADDRESSES for inner in meanings(address))


def is_not_one_server(address: Address) -> bool:
    """Return whether ``address`` is unspecified, broadcast, multicast or reserved."""
    if address in LOCAL_NAT64:  # it carries IPv4 in one of two positions; the wrong position often reads as 0.0.x.y
        return False
    return any(_is_nobody(inner) for inner in meanings(address))


def is_in_allowed_networks(address: Address) -> bool:
    """Return whether ``ENDPOINT_ALLOWED_NETWORKS`` contains ``address`` or is empty."""
    networks = settings.ENDPOINT_ALLOWED_NETWORKS
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return not networks or any((mapped or address) in network for network in networks)


def meanings(address: Address) -> list[Address]:
    """Return ``address`` and the IPv4 addresses that it carries."""
    if isinstance(address, IPv4Address):
        return [address]
    carried = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if _carries_ipv4(address):
        carried.append(IPv4Address(address.packed[-4:]))
    if address in LOCAL_NAT64:  # RFC 6052 skips the ninth byte
        carried.append(IPv4Address(address.packed[6:8] + address.packed[9:11]))
    return [address, *(inner for inner in carried if inner is not None)]


def _carries_ipv4(address: IPv6Address) -> bool:
    if address == LOOPBACK:
        return False
    return any(address in network for network in CARRIES_IPV4) or address.packed[8:12] in ISATAP


def _is_nobody(address: Address) -> bool:
    return address.is_unspecified or address.is_multicast or any(address in network for network in NOT_ONE_SERVER)
