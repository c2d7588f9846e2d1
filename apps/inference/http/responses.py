"""Headers and failures that every HTTP request to a model server shares."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import aiohttp

from apps.inference.errors import (
    AddressRefused,
    AuthenticationFailed,
    ConnectTimedOut,
    FirstTokenTimedOut,
    InferenceError,
    Interrupted,
    InvalidRequest,
    NotServed,
    ProtocolError,
    Unreachable,
)
from apps.inference.http.connection import NotAllowed
from apps.inference.http.failures import failure_of_event, failure_of_response
from apps.inference.server import Server

LONGEST_ERROR_BODY = 65_536
ERROR_BODY_SECONDS = 5.0
CONNECTION_REFUSED = "The model server refused the connection: no program listens at its address and port."
NOT_HTTP = "A program answers at the model server's address, but it does not speak HTTP. Check the port."
NO_ANSWER = "The model server accepts connections, but does not answer. It may hang; restart it."
LONGEST_WAIT = 86_400.0  # seconds; callers bound it further


def _no_web_address(detail: str) -> InvalidRequest:
    return InvalidRequest(detail, sentence="The address of the model server is not a web address.")


def _unknown_host(detail: str) -> Unreachable:
    return Unreachable(detail, sentence="The host name of the model server is not known. Check its address.")


def _bad_certificate(detail: str) -> Unreachable:
    return Unreachable(detail, sentence="The model server does not speak HTTPS, or its certificate is not accepted.")


def _refused(detail: str) -> Unreachable:
    return Unreachable(detail, sentence=CONNECTION_REFUSED)


def _not_http(detail: str) -> ProtocolError:
    return ProtocolError(detail, sentence=NOT_HTTP)


# exceptions of the HTTP client, the more specific first
_KINDS: list[tuple[type[Exception], Callable[[str], InferenceError]]] = [
    (aiohttp.ConnectionTimeoutError, ConnectTimedOut),
    (TimeoutError, FirstTokenTimedOut),
    (aiohttp.ClientConnectorDNSError, _unknown_host),
    (aiohttp.ClientSSLError, _bad_certificate),
    (aiohttp.ClientConnectorError, Unreachable),
    (aiohttp.InvalidURL, _no_web_address),
    (aiohttp.NonHttpUrlClientError, _no_web_address),
    (aiohttp.ClientResponseError, _not_http),  # raised only for an answer that cannot be parsed
    (UnicodeError, _no_web_address),  # a host name that cannot be written in a request
    (ValueError, ProtocolError),
]


def address_for(server: Server, path: str) -> str:
    """Return the URL to request; raise ``InvalidRequest`` if it is not a web address."""
    if not server.url.lower().startswith(("http://", "https://")):
        raise _no_web_address("neither http nor https")
    return server.address(path)


def headers_for(server: Server, accepted: str) -> dict[str, str]:
    """Return the headers of a request; raise ``AuthenticationFailed`` for a token that no header can carry."""
    headers = {
        "Content-Type": "application/json",
        "Accept": accepted,
        # A proxy that compresses tends to buffer tokens.
        "Accept-Encoding": "identity",
    }
    if server.token:
        if not server.token.isascii() or not server.token.isprintable():
            raise AuthenticationFailed("the token has characters that a header cannot carry")
        headers["Authorization"] = f"Bearer {server.token}"
    return headers


def failure_of_exception(error: Exception) -> InferenceError:
    """Map an exception of the HTTP client to our tree."""
    if isinstance(error, InferenceError):
        return error
    return _kind_of(error)(f"{type(error).__name__}: {error}")


def _kind_of(error: Exception) -> Callable[[str], InferenceError]:
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, NotAllowed):
        return AddressRefused
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, ConnectionRefusedError):
        return _refused
    return next((kind for raised, kind in _KINDS if isinstance(error, raised)), Interrupted)


async def refusal_of(server: Server, response: aiohttp.ClientResponse) -> InferenceError:
    """Return the failure that a response reports; a redirect is one."""
    body = await _beginning_of(response)
    if server.token:
        body = body.replace(server.token.encode(), b"[token]")
    if response.status != HTTPStatus.OK:
        failure = failure_of_response(response.status, body)
        if type(failure) is NotServed:
            failure.sentence = _what_is_missing(server, response.url.path, body)
        failure.retry_after = seconds_to_wait(response.headers.get("Retry-After", ""), datetime.now(UTC))
        return failure
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    reported = failure_of_event(answer) if isinstance(answer, dict) else None
    return reported or ProtocolError(f"{response.content_type} where something else was asked for")


def _what_is_missing(server: Server, path: str, body: bytes) -> str:
    """Say that the model is missing if the server mentions a model, otherwise that the path is missing."""
    if server.model and b"model" in body.lower():
        return f"The model server does not offer the model “{server.model}”."
    return f"The model server has no address {path}. It may be an older version, or another program."


def seconds_to_wait(header: str, now: datetime) -> float | None:
    """Read ``Retry-After``: seconds, or a date. Return ``None`` for anything else."""
    if header.strip().isascii() and header.strip().isdigit():
        return min(float(header[:20]), LONGEST_WAIT)
    try:
        seconds = (parsedate_to_datetime(header) - now).total_seconds()
    except (ValueError, TypeError):  # no date, or one without a time zone
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT)


async def _beginning_of(response: aiohttp.ClientResponse) -> bytes:
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(ERROR_BODY_SECONDS):
            while size < LONGEST_ERROR_BODY and (piece := await response.content.read(LONGEST_ERROR_BODY - size)):
                pieces.append(piece)
                size += len(piece)
    except (aiohttp.ClientError, OSError):
        pass  # the status says enough
    return b"".join(pieces)
