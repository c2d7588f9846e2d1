"""uvicorn's protocols, with a limit for connections that do not read.

uvicorn stops taking an application's data while 64 KiB wait for a reader, which bounds memory; but it waits for ever,
and its ping timeout closes a socket only after all waiting data was sent. This cuts a connection whose buffer stays
full for ``SLOW_READER_SECONDS``, and drops what the kernel holds for it.
"""

import asyncio
import socket
import struct
from contextlib import suppress

from django.conf import settings
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

DROP_WHAT_WAITS = struct.pack("ii", 1, 0)  # SO_LINGER of 0 seconds: closing resets the connection


class HttpProtocol(HttpToolsProtocol):
    """HTTP/1.1."""

    _cutting: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()
        self._cutting = self.loop.call_later(settings.SLOW_READER_SECONDS, cut, self.transport)

    def resume_writing(self) -> None:
        forget(self._cutting)
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        forget(self._cutting)
        super().connection_lost(exc)


class SocketProtocol(WebSocketsSansIOProtocol):
    """WebSockets."""

    _cutting: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()
        self._cutting = self.loop.call_later(settings.SLOW_READER_SECONDS, cut, self.transport)

    def resume_writing(self) -> None:
        forget(self._cutting)
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        forget(self._cutting)
        super().connection_lost(exc)

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        # cut after the close frame's timeout: a peer that answers no ping will not answer that either
        self.loop.call_later(self.close_timeout, cut, self.transport)


def cut(transport: asyncio.Transport) -> None:
    """Close the connection now and drop its unsent data."""
    connection: socket.socket | None = transport.get_extra_info("socket")
    if connection is not None:
        with suppress(OSError):  # a Unix socket, or closed already
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, DROP_WHAT_WAITS)
    transport.abort()


def forget(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
