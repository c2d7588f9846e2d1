"""Addresses that a connection may be opened to."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from apps.endpoints.errors import AddressRefused
from apps.endpoints.security.addresses import normalise_address
from apps.endpoints.security.networks import is_allowed_address
from project.configuration.env import parse_networks


def carriers(address: IPv4Address) -> list[IPv6Address]:
    """The IPv6 addresses that stand for an IPv4 address."""
    whole = int(address)
    head, tail = address.packed[:2].hex(), address.packed[2:].hex()
    return [
        IPv6Address(whole),
        IPv6Address(f"::ffff:{address}"),
        IPv6Address(f"::ffff:0:{address}"),
        IPv6Address(f"64:ff9b::{address}"),
        IPv6Address(f"64:ff9b:1::{address}"),
        IPv6Address(f"64:ff9b:1:{head}:{tail[:2]}:{tail[2:]}00::"),
        IPv6Address(f"2002:{head}:{tail}::1"),
        IPv6Address(f"2001:0:{head}:{tail}:0:0:f7f7:f7f7"),
        IPv6Address((0x20010000 << 96) | (0x08080808 << 64) | (0xFFFFFFFF - whole)),
        IPv6Address(f"fd12::5efe:{address}"),
        IPv6Address(f"fd12::200:5efe:{address}"),
    ]


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::1", "10.0.0.7", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd12:3456::7", "8.8.8.8", "2600::1"],
)
def test_servers_are_allowed_by_default(address: str) -> None:
    assert is_allowed_address(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.170.2",
        "168.63.129.16",
        "100.100.100.200",
        "192.0.0.192",
        "fe80::1",
        "fd00:ec2::254",
        "fd20:ce::254",
        "0.0.0.0",  # noqa: S104 (refused, not bound to)
        "0.1.2.3",
        "::",
        "224.0.0.1",
        "ff02::1",
        "240.0.0.1",
        "255.255.255.255",
    ],
)
def test_what_is_never_a_server_is_refused_whatever_is_allowed(address: str, settings: Settings) -> None:
    assert not is_allowed_address(ip_address(address))
    settings.ENDPOINT_ALLOWED_NETWORKS = [ip_network("0.0.0.0/0"), ip_network("::/0")]
    assert not is_allowed_address(ip_address(address))
    assert is_allowed_address(ip_address("10.0.0.7"))


@given(address=st.ip_addresses(v=4, network="169.254.0.0/16"))
def test_no_ipv6_address_carries_a_link_local_one_through(address: IPv4Address) -> None:
    for carrier in carriers(address):
        assert not is_allowed_address(carrier), carrier


@given(address=st.ip_addresses(v=4, network="10.0.0.0/8"))
def test_the_same_carriers_are_taken_where_what_they_carry_is(address: IPv4Address) -> None:
    for carrier in carriers(address):
        assert is_allowed_address(carrier), carrier


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("10.2.0.1", False),
        ("::ffff:10.2.0.1", False),
        ("192.168.0.1", False),
        ("127.0.0.1", False),
        ("8.8.8.8", False),
        ("fd12::1", True),
        ("fd13::1", False),
        ("64:ff9b::10.1.2.3", False),
    ],
)
def test_setting_narrows_what_is_allowed(address: str, allowed: bool, settings: Settings) -> None:  # noqa: FBT001
    settings.ENDPOINT_ALLOWED_NETWORKS = [ip_network("10.1.0.0/16"), ip_network("fd12::/16")]
    assert is_allowed_address(ip_address(address)) is allowed


def test_url_outside_the_allowed_networks_is_refused_with_a_sentence(settings: Settings) -> None:
    assert normalise_address("http://10.2.0.1:8080") == "http://10.2.0.1:8080"
    settings.ENDPOINT_ALLOWED_NETWORKS = [ip_network("10.1.0.0/16")]
    assert normalise_address("http://10.1.0.1:8080") == "http://10.1.0.1:8080"
    with pytest.raises(AddressRefused, match=r"^The URL points outside the networks that .* names\.$"):
        normalise_address("http://10.2.0.1:8080")


def test_networks_are_read_from_the_environment() -> None:
    assert parse_networks("NETWORKS", []) == []
    assert parse_networks("NETWORKS", ["10.1.0.0/16", "::1"]) == [ip_network("10.1.0.0/16"), ip_network("::1/128")]


@pytest.mark.parametrize("text", ["10.1.0.1/16", "gpu-1", "10.1.0.0/33", ""])
def test_a_network_that_cannot_be_read_stops_the_start_with_a_sentence(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^NETWORKS must be networks such as 10\.0\.0\.0/8, with commas"):
        parse_networks("NETWORKS", ["10.0.0.0/8", text])
