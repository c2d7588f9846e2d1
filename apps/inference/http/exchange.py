"""One POST to a model server and the bytes of its answer, under four time limits and our own errors."""

import asyncio
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import aiohttp

from apps.inference.errors import (
    FirstTokenTimedOut,
    InferenceError,
    Stalled,
    TotalTimedOut,
)
from apps.inference.http.pace import Pace
from apps.inference.http.responses import NO_ANSWER, address_for, failure_of_exception, headers_for, refusal_of
from apps.inference.requests import Timeouts, as_content
from apps.inference.server import Server

NOT_STREAMS = {"application/json", "application/problem+json", "text/html", "application/xhtml+xml"}


class Exchange:
    """An async context manager: entering sends the request and checks the answer, leaving closes the socket.

    ``read`` returns at least one byte, or ``b""`` at the end of the body. The caller calls ``begin`` when text has
    arrived. Until then the time limit for the first token runs, and keep-alive bytes do not stop it.

    One timer watches each exchange. When it rings too early, it is set again: a timer per read costs more than
    reading does. Only waiting counts as silence, not the time that the caller takes between reads.
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
        self._is_paused = False
        self._timer: asyncio.TimerHandle | None = None
        self._response: aiohttp.ClientResponse | None = None

    async def __aenter__(self) -> Self:
        try:
            async with asyncio.timeout(self._timeouts.until_answered):
                self._response = await self._send()
        except InferenceError:
            raise
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise self._named(error) from None
        if self._response.status != HTTPStatus.OK or self._response.content_type in NOT_STREAMS:
            try:
                raise await refusal_of(self._server, self._response)
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

    async def read(self, pace: Pace | None = None) -> bytes:
        """Return the bytes that have arrived; raise ``Interrupted`` or a timeout if no more come.

        Once text has begun, ``pace`` says when to read again.
        """
        if self._response is None:
            raise RuntimeError("An exchange is read inside its context.")
        self._waiting_since = self._loop.time()
        if self._waiting_since >= self._over_at:
            raise self._timed_out()
        content = self._response.content
        if pace is not None and pace.is_on and self.has_begun:
            self._pause(pace)
        if (error := content.exception()) is not None and (rest := _rest(content, error)):
            return rest
        try:
            return await content.readany()
        except (aiohttp.ClientError, OSError) as error:
            raise self._named(error) from None
        finally:
            self._waiting_since = None

    def _pause(self, pace: Pace) -> None:
        """Stop reading the socket until the pace's next moment. This time does not count as silence."""
        transport = self._transport()
        if not self._is_paused and transport is not None:
            transport.pause_reading()
            self._is_paused = True
            pace.pause(self._resume)

    def _resume(self) -> None:
        self._is_paused = False
        if (transport := self._transport()) is not None:
            transport.resume_reading()
        if self._waiting_since is not None:
            self._waiting_since = self._loop.time()
            if self._waiting_since >= self._over_at:
                self._watch()

    def _transport(self) -> asyncio.Transport | None:
        """Return the transport of the body, if any of it may still come."""
        connection = None if self._response is None else self._response.connection
        transport = None if connection is None else connection.transport
        return None if transport is None or transport.is_closing() else transport

    async def _send(self) -> aiohttp.ClientResponse:
        return await self._http.post(
            address_for(self._server, self._path),
            data=as_content(self._body),
            headers=headers_for(self._server, "text/event-stream"),
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(
                total=None, connect=self._timeouts.connect, sock_connect=self._timeouts.connect
            ),
        )

    def _next_deadline(self) -> float:
        if not self.has_begun:
            return min(self._first_token_at, self._over_at)
        silent_since = self._waiting_since
        if silent_since is None or self._is_paused:
            silent_since = self._loop.time()
        return min(silent_since + self._timeouts.between_tokens, self._over_at)

    def _watch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        deadline = self._next_deadline()
        if deadline > self._loop.time():
            self._timer = self._loop.call_at(deadline, self._watch)
        elif self._waiting_since is not None and not self._is_paused and self._response is not None:
            self._response.content.set_exception(self._timed_out())

    def _named(self, error: Exception) -> InferenceError:
        if isinstance(error, TimeoutError) and not isinstance(error, aiohttp.ConnectionTimeoutError):
            return self._timed_out()
        return failure_of_exception(error)

    def _timed_out(self) -> InferenceError:
        if self._loop.time() >= self._over_at:
            return TotalTimedOut(f"after {self._timeouts.total:g} s")
        if self.has_begun:
            return Stalled(f"silent for {self._timeouts.between_tokens:g} s")
        if self._response is None:
            return FirstTokenTimedOut(f"no answer at all after {self._timeouts.until_answered:g} s", sentence=NO_ANSWER)
        return FirstTokenTimedOut(f"after {self._timeouts.first_token:g} s")


def _rest(content: aiohttp.StreamReader, error: BaseException) -> bytes:
    """Return the bytes that came before the connection broke. Without this, aiohttp's reader raises and drops them."""
    content.set_exception(None)  # type: ignore[arg-type]
    rest = content.read_nowait()
    content.set_exception(error)
    return rest
