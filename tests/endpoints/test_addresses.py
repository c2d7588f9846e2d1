"""URLs that may be a model server's address."""

import socket
from ipaddress import IPv4Address

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from apps.endpoints.errors import AddressRefused
from apps.endpoints.security.addresses import normalise_address, validate_address


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("http://gpu-1:8080", "http://gpu-1:8080"),
        ("  http://gpu-1:8080/ ", "http://gpu-1:8080"),
        ("https://GPU.Example.COM/", "https://gpu.example.com"),
        ("HTTP://gpu-1/v1", "http://gpu-1"),
        ("http://gpu-1/v1/", "http://gpu-1"),
        ("http://gpu-1//", "http://gpu-1"),
        ("https://host/llama/v1", "https://host/llama"),
        ("https://host/llama/v1beta", "https://host/llama/v1beta"),
        ("https://host/v1/llama", "https://host/v1/llama"),
        ("http://model_server:80", "http://model_server:80"),
        ("http://gpu-1.:8080", "http://gpu-1:8080"),
        ("http://xn--bcher-kva.example", "http://xn--bcher-kva.example"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("http://10.1.2.3", "http://10.1.2.3"),
        ("http://192.168.0.7:8080/v1", "http://192.168.0.7:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://[FD12:3456::7]:8080", "http://[fd12:3456::7]:8080"),
        ("http://2130706433:8080", "http://127.0.0.1:8080"),
        ("http://0x7f.1", "http://127.0.0.1"),
        ("http://017700000001", "http://127.0.0.1"),
    ],
)
def test_address_is_stored_in_one_spelling(typed: str, stored: str) -> None:
    assert normalise_address(typed) == stored
    assert normalise_address(stored) == stored


@pytest.mark.parametrize(
    "url",
    [
        "",
        "gpu-1:8080",
        "//gpu-1",
        "ftp://gpu-1",
        "file:///etc/passwd",
        "unix:///run/model.sock",
        "javascript:alert(1)",
        "http://",
        "http://:8080",
        "http:///path",
        "http://user@gpu-1",
        "http://user:word@gpu-1",
        "http://@gpu-1",
        "http://gpu-1?",
        "http://gpu-1/?a=b",
        "http://gpu-1/#",
        "http://gpu-1:99999",
        "http://gpu-1:0",
        "http://gpu-1:port",
        "http://gpu 1",
        "http://gpu\t-1",
        "http://gpu-1\\@evil.example",
        "http://gpu-1\n/",
        "http://[::1",
        "http://[::1%25eth0]",
        "http://[v1.x]",
        "http://-gpu",
        "http://gpu..example",
        "http://%31%32%37.0.0.1",
        "http://bücher.example",
        "http://１２７.0.0.1",
        "http://gpu-\U0001f600",
        "http://1.2.3.4.5",
        "http://256.1.1.1",
        "http://4294967296",
        "http://gpu.0x",
        "http://0.0.0.0:8080",
        "http://0",
        "http://[::]:8080",
        "http://224.0.0.1",
        "http://" + "a" * 500,
    ],
)
def test_what_is_no_server_root_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused) as refusal:
        normalise_address(url)
    assert refusal.value.sentence.startswith("The URL")
    with pytest.raises(ValidationError):
        validate_address(url)


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "169.254.169.254.",
        "169.254.170.2",
        "2852039166",
        "0xa9fea9fe",
        "0xA9.0xFE.0xA9.0xFE",
        "0251.0376.0251.0376",
        "169.254.43518",
        "169.16689662",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        "[::169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:a9fe:a9fe::1]",
        "[::ffff:0:a9fe:a9fe]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[fd20:ce::254]",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "metadata",
        "METADATA.google.internal",
        "metadata.google.internal.",
        "metadata.goog",
        "instance-data",
        "instance-data.ec2.internal",
    ],
)
def test_metadata_is_refused_in_every_spelling(host: str) -> None:
    with pytest.raises(AddressRefused, match=r"metadata"):
        normalise_address(f"http://{host}:80/latest")


def spellings(address: IPv4Address) -> list[str]:
    """The ways in which resolvers and browsers take one IPv4 address."""
    whole, octets = int(address), list(address.packed)
    tail = f"{whole >> 16:x}:{whole & 0xFFFF:x}"
    return [
        str(address),
        str(whole),
        hex(whole),
        f"0{whole:o}",
        ".".join(hex(octet) for octet in octets),
        ".".join(f"0{octet:o}" for octet in octets),
        f"{octets[0]}.{whole & 0xFFFFFF}",
        f"{octets[0]}.{octets[1]}.{whole & 0xFFFF}",
        f"[::ffff:{address}]",
        f"[::ffff:{tail}]",
        f"[64:ff9b::{tail}]",
        f"[2002:{tail}::]",
    ]


@given(low=st.integers(0, 0xFFFF))
def test_every_link_local_address_is_refused_in_every_spelling(low: int) -> None:
    for host in spellings(IPv4Address(0xA9FE0000 + low)):
        with pytest.raises(AddressRefused):
            normalise_address(f"http://{host}/")


@given(address=st.ip_addresses(v=4, network="10.0.0.0/8"))
def test_private_addresses_are_taken_in_every_spelling(address: IPv4Address) -> None:
    for host in spellings(address):
        stored = normalise_address(f"http://{host}/")
        if "[" not in host:
            assert stored == f"http://{address}"


@given(url=st.text(max_size=60).map(lambda rest: f"http://{rest}"))
def test_nothing_breaks_and_what_is_taken_is_stable(url: str) -> None:
    try:
        stored = normalise_address(url)
    except AddressRefused:
        return
    assert normalise_address(stored) == stored


@given(host=st.from_regex(r"[0-9a-fx.]{1,24}", fullmatch=True))
def test_what_the_resolver_reads_as_an_address_is_never_taken_for_a_name(host: str) -> None:
    try:
        stored = normalise_address(f"http://{host}")
    except AddressRefused:
        return
    try:
        address = socket.inet_aton(host.rstrip("."))
    except OSError:
        return
    assert stored == f"http://{socket.inet_ntoa(address)}"
