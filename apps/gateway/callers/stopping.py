"""Answer the callers that wait for a reply when the web process is told to stop.

The server waits a moment for requests, then drops them. A dropped caller has no id to resume with. The
process notices the signal itself and answers before that.
"""

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine
from functools import cache
from types import FrameType
from typing import Any

from apps.gateway.errors import WebProcessStops

GRACE_SECONDS = 1.0  # seconds for a reply that is nearly complete; the one-command stack's server waits two

type Waiter = tuple[asyncio.AbstractEventLoop, asyncio.Event]

_told = threading.Event()
_waiters: set[Waiter] = set()


@cache
def _notice_stop_signals() -> None:
    """Note SIGTERM and SIGINT on their way to the server.

    Call it with the first request: servers set their handlers after they have loaded the application.
    """
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            servers = signal.getsignal(number)
            if callable(servers):
                signal.signal(number, _noting(servers))


def _noting(handler: Callable[[int, FrameType | None], Any]) -> Callable[[int, FrameType | None], Any]:
    def note_and_hand_on(number: int, frame: FrameType | None) -> Any:
        _told.set()
        for loop, event in list(_waiters):
            loop.call_soon_threadsafe(event.set)
        return handler(number, frame)

    return note_and_hand_on


async def unless_stopping[Answer](answering: Coroutine[Any, Any, Answer]) -> Answer:
    """Await an answer. Raises ``WebProcessStops`` if the process is told to stop before the answer is there."""
    _notice_stop_signals()
    answer, stop = asyncio.ensure_future(answering), asyncio.ensure_future(_stop())
    try:
        await asyncio.wait([answer, stop], return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait([answer], timeout=GRACE_SECONDS)
        if not answer.done():
            raise WebProcessStops
        return answer.result()
    finally:
        stop.cancel()
        answer.cancel()


async def _stop() -> None:
    event = asyncio.Event()
    waiter = (asyncio.get_running_loop(), event)
    _waiters.add(waiter)
    try:
        if not _told.is_set():
            await event.wait()
    finally:
        _waiters.discard(waiter)
