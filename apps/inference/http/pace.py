"""Let many exchanges read at the same moments. A socket that is read for each token wakes the process each time."""

from collections.abc import Callable


class Pace:
    """Tells exchanges when to read. While the pace is on, an exchange pauses its socket from a read to ``read_now``.

    Bytes that come meanwhile wait in the socket, in order, and so does the end of the connection. Leaving an exchange
    closes its socket at once, paused or not.
    """

    def __init__(self) -> None:
        self.is_on = False
        self._paused: list[Callable[[], None]] = []

    def pause(self, resume: Callable[[], None]) -> None:
        """Note an exchange that has paused its socket; ``resume`` may come after the exchange has ended."""
        self._paused.append(resume)

    def read_now(self) -> None:
        """Let every paused exchange read."""
        paused, self._paused = self._paused, []
        for resume in paused:
            resume()

    def turn(self, *, on: bool) -> None:
        """Pause sockets from now on, or let every exchange read as its bytes come."""
        self.is_on = on
        if not on:
            self.read_now()
