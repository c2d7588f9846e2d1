"""One POST to a model server and the bytes that answer it, under four clocks and our own errors."""

import asyncio
import json
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import aiohttp

from apps.inference.errors import (
    AuthenticationFailed,
    ConnectTimedOut,
    FirstTokenTimedOut,
    InferenceError,
    Interrupted,
    InvalidRequest,
    ProtocolError,
    Stalled,
    TotalTimedOut,
    Unreachable,
)
from apps.inference.failures import failure_of_event, failure_of_response
from apps.inference.protocols.base import Timeouts
from apps.inference.server import Server

LONGEST_ERROR_BODY = 65_536
ERROR_BODY_SECONDS = 5.0
NOT_STREAMS = {"application/json", "application/problem+json", "text/html", "application/xhtml+xml"}


class Exchange:
    """An async context manager: entering sends the request and checks the answer, leaving closes the socket.

    ``read`` gives the bytes that are there, at least one, and ``b""`` at the end of the body. The caller says with
    ``begin`` that text has arrived: until then the first token's clock runs, and nothing but text stops it.

    One timer watches each exchange and looks, when it rings, whether it has to ring again later: a timer per read
    costs more than reading does. Only waiting counts as silence, not the time that the caller takes between reads.
    """

    def __init__(
        self, http: aiohttp.ClientSession, server: Server, path: str, body: dict[str, Any], timeouts: Timeouts
    ) -> None:
        self.has_begun = False
        self._http = http
        self._server = server
        self._path = path
        self._body = body
        self._timeouts = timeouts
        self._loop = asyncio.get_running_loop()
        self._first_token_at = self._loop.time() + timeouts.first_token
        self._over_at = self._loop.time() + timeouts.total
        self._waiting_since: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._response: aiohttp.ClientResponse | None = None

    async def __aenter__(self) -> Self:
        try:
            async with asyncio.timeout_at(self._next_deadline()):
                self._response = await self._send()
        except InferenceError:
            raise
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise self._named(error) from None
        if self._response.status != HTTPStatus.OK or self._response.content_type in NOT_STREAMS:
            try:
                raise await self._refusal(self._response)
            finally:
                self._response.close()
        self._watch()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._response is not None:
            self._response.close()

    def begin(self) -> None:
        """Stop the first token's clock; from now on silence is measured between reads."""
        if not self.has_begun:
            self.has_begun = True
            self._watch()

    async def read(self) -> bytes:
        """Return what has arrived; raise ``Interrupted`` or a timeout where nothing more comes."""
        if self._response is None:
            raise RuntimeError("An exchange is read inside its context.")
        self._waiting_since = self._loop.time()
        if self._waiting_since >= self._over_at:
            raise self._timed_out()
        try:
            return await self._response.content.readany()
        except (aiohttp.ClientError, OSError) as error:
            raise self._named(error) from None
        finally:
            self._waiting_since = None

    async def _send(self) -> aiohttp.ClientResponse:
        return await self._http.post(
            self._server.address(self._path),
            data=json.dumps(self._body, allow_nan=False).encode(),
            headers=_headers(self._server.token),
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(
                total=None, connect=self._timeouts.connect, sock_connect=self._timeouts.connect
            ),
        )

    def _next_deadline(self) -> float:
        if not self.has_begun:
            return min(self._first_token_at, self._over_at)
        silent_since = self._loop.time() if self._waiting_since is None else self._waiting_since
        return min(silent_since + self._timeouts.between_tokens, self._over_at)

    def _watch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        deadline = self._next_deadline()
        if deadline > self._loop.time():
            self._timer = self._loop.call_at(deadline, self._watch)
        elif self._waiting_since is not None and self._response is not None:
            self._response.content.set_exception(self._timed_out())

    def _named(self, error: Exception) -> InferenceError:
        detail = f"{type(error).__name__}: {error}"
        match error:
            case aiohttp.ConnectionTimeoutError():
                return ConnectTimedOut(detail)
            case TimeoutError():
                return self._timed_out()
            case aiohttp.ClientConnectorError():
                return Unreachable(detail)
            case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
                return InvalidRequest(detail, sentence="The address of the model server is not a web address.")
            case aiohttp.ClientResponseError() | ValueError():
                return ProtocolError(detail)
        return Interrupted(detail)

    def _timed_out(self) -> InferenceError:
        if self._loop.time() >= self._over_at:
            return TotalTimedOut(f"after {self._timeouts.total:g} s")
        if self.has_begun:
            return Stalled(f"silent for {self._timeouts.between_tokens:g} s")
        return FirstTokenTimedOut(f"after {self._timeouts.first_token:g} s")

    async def _refusal(self, response: aiohttp.ClientResponse) -> InferenceError:
        body = await _beginning_of(response)
        if self._server.token:
            body = body.replace(self._server.token.encode(), b"[token]")
        if response.status != HTTPStatus.OK:
            return failure_of_response(response.status, body)
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            answer = None
        failure = failure_of_event(answer) if isinstance(answer, dict) else None
        return failure or ProtocolError(f"{response.content_type} where a stream was asked for")


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


def _headers(token: str) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json",
        "Accept": "text/event-stream",
        # A proxy that compresses tends to hold tokens back until it has enough of them.
        "Accept-Encoding": "identity",
    }
    if token:
        if not token.isascii() or not token.isprintable():
            raise AuthenticationFailed("the token has characters that a header cannot carry")
        headers["Authorization"] = f"Bearer {token}"
    return headers
