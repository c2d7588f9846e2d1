"""One object for each event loop, closed when its loop ends."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Protocol
from weakref import WeakKeyDictionary


class Closable(Protocol):
    """A holder of connections of one event loop."""

    async def close(self) -> None:
        """Close the connections."""


class PerLoop[T: Closable]:
    """Call it for the running loop's object: the first call makes it.

    A loop that ends closes only the generators begun in it, so each object is held by such a generator.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._kept: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[T, AsyncGenerator[None]]] = WeakKeyDictionary()

    def __call__(self) -> T:
        """Return the object of the running loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._kept:
            made = self._make()
            generator = self._close_with(loop, made)
            with suppress(StopIteration):  # begin the generator: it waits at its only ``yield``
                anext(generator).__await__().__next__()
            self._kept[loop] = made, generator
        return self._kept[loop][0]

    async def _close_with(self, loop: asyncio.AbstractEventLoop, made: T) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            self._kept.pop(loop, None)
            await made.close()
