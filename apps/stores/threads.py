"""Run database work from the event loop."""

from collections.abc import Callable, Coroutine
from typing import Any

from channels.db import DatabaseSyncToAsync


def in_thread[**P, R](function: Callable[P, R]) -> Callable[P, Coroutine[Any, Any, R]]:
    """Run ``function`` in any thread of the pool: Channels' own default is one thread for all sockets."""
    return DatabaseSyncToAsync(function, thread_sensitive=False)
