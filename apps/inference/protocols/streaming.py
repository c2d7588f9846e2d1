"""Read one reply through one exchange, for all protocols."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import aiohttp

from apps.inference.errors import Interrupted
from apps.inference.http.exchange import Exchange
from apps.inference.http.pace import Pace
from apps.inference.prompts import ReplyText
from apps.inference.protocols.reply import Reply
from apps.inference.requests import Delta, Timeouts, Timings
from apps.inference.server import Server


@dataclass(frozen=True, slots=True)
class Plan:
    """A request, and the reader of its answer. ``reply_text`` makes a reader that cuts the prompt's markup off."""

    path: str
    body: dict[str, Any]
    reply: Reply
    reply_text: Callable[[], ReplyText] | None = None


async def stream_reply(
    http: aiohttp.ClientSession,
    server: Server,
    timeouts: Timeouts,
    plan: Callable[[], Awaitable[Plan]],
    pace: Pace | None = None,
) -> AsyncGenerator[Delta]:
    """Make the plan, send its body, and yield one delta for each read that brought something.

    This is the only generator of a stream. With a second generator around it, only the outer one would be closed at
    once, and the socket would stay open until garbage collection.
    """
    planned = await plan()
    reply, finish = planned.reply, _Finish(planned.reply_text)
    async with Exchange(http, server, planned.path, planned.body, timeouts) as exchange:
        while not reply.is_over:
            chunk = await _read(exchange, reply, pace)
            delta = reply.feed(chunk) if chunk else reply.close()
            if delta is not None:
                exchange.begin()
                yield finish(delta)
            if reply.failure is not None:
                raise reply.failure


async def _read(exchange: Exchange, reply: Reply, pace: Pace | None) -> bytes:
    try:
        return await exchange.read(pace)
    except Interrupted:
        if reply.finish_reason is None:
            raise
        return b""  # the reply was whole; only its usage is lost


class _Finish:
    """Cuts the prompt's markup off each delta, and adds the times to the last delta."""

    def __init__(self, reply_text: Callable[[], ReplyText] | None) -> None:
        self._new_text = reply_text
        self._text = reply_text() if reply_text else None
        self._time = asyncio.get_running_loop().time
        self._started = self._time()
        self._first_token: float | None = None

    def __call__(self, delta: Delta) -> Delta:
        if delta.text and self._first_token is None:
            self._first_token = self._time() - self._started
        if self._text is not None:
            delta = self._cut(delta, self._text)
        if delta.finish_reason is None:
            return delta
        return replace(delta, timings=Timings(self._first_token, self._time() - self._started))

    def _cut(self, delta: Delta, reader: ReplyText) -> Delta:
        is_last = delta.finish_reason is not None
        text = reader.feed(delta.text) + (reader.close() if is_last else "")
        if delta.whole_text is not None and self._new_text:
            whole = self._new_text()
            return replace(delta, text=text, whole_text=whole.feed(delta.whole_text) + whole.close())
        return delta if text == delta.text else replace(delta, text=text)
