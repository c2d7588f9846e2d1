"""Run database work from the event loop."""

from collections.abc import Callable, Coroutine
from functools import cache
from types import FunctionType
from typing import Any

from channels.db import DatabaseSyncToAsync


def in_thread[**P, R](function: Callable[P, R]) -> Callable[P, Coroutine[Any, Any, R]]:
    """Run ``function`` in any thread of the pool; Channels' default runs all sockets' functions in one thread."""
    return _wrapped(function) if _is_lasting(function) else DatabaseSyncToAsync(function, thread_sensitive=False)


@cache
def _wrapped(function: Callable[..., Any]) -> Any:
    return DatabaseSyncToAsync(function, thread_sensitive=False)


def _is_lasting(function: Callable[..., Any]) -> bool:
    """Return whether ``function`` is a module's function. Wrapping is slow, so their wrappers are kept."""
    return isinstance(function, FunctionType) and "<locals>" not in function.__qualname__
