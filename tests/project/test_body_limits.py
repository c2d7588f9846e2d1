"""A body that is too large is refused before it is read, however it comes."""

import socket
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import httpx2 as httpx
import pytest
from django.conf import settings

pytestmark = [pytest.mark.django_db(transaction=True)]

CHUNK = b"x" * 65_536
IMPORT, OTHER = (settings.BODY_BYTES[path] for path in ("/chat/import/", "/"))


def answer_to(site: str, *sent: bytes) -> bytes:
    """Return the server's answer to these bytes, after which nothing more is sent."""
    address = urlsplit(site)
    with closing(socket.create_connection((address.hostname, address.port), timeout=60)) as connection:
        for piece in sent:
            connection.sendall(piece)
        return connection.recv(65_536)


@pytest.mark.parametrize(("path", "most"), [("/chat/", OTHER), ("/chat/import/", IMPORT), ("/nowhere/", OTHER)])
def test_declared_length_is_enough_to_refuse(live_asgi_server: str, path: str, most: int) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {{}}\r\n\r\n"
    assert answer_to(live_asgi_server, head.format(most + 1).encode()).startswith(b"HTTP/1.1 413 ")
    allowed = answer_to(
        live_asgi_server, head.format(most).encode() + b"x", *(CHUNK for _ in range(most // len(CHUNK))), CHUNK
    )
    assert not allowed.startswith(b"HTTP/1.1 413 ")


def test_body_without_a_length_is_counted(live_asgi_server: str) -> None:
    given = 0

    def pieces(number: int) -> Iterator[bytes]:
        nonlocal given
        for _ in range(number):
            given += len(CHUNK)
            yield CHUNK

    fits = httpx.post(f"{live_asgi_server}/chat/", content=pieces(OTHER // len(CHUNK)))
    assert (fits.status_code, given) == (403, OTHER // len(CHUNK) * len(CHUNK))  # a form without its token
    refused = httpx.post(f"{live_asgi_server}/chat/", content=pieces(OTHER // len(CHUNK) + 2))
    assert refused.status_code == 413
    assert "This is too much at once" in refused.text


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/generate", "/", "/infill"])
def test_api_is_refused_in_its_own_words(live_asgi_server: str, path: str) -> None:
    refused = httpx.post(f"{live_asgi_server}{path}", content=b"x" * (OTHER + 1))
    assert refused.status_code == 413
    assert refused.json()["error"]["code"] == "request_too_large"
