"""The changes on the page after feeding a reply."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finish:
    """Finished blocks, to be put before the open one."""

    html: str


@dataclass(frozen=True, slots=True)
class Replace:
    """The open block anew, its tail element included."""

    html: str


@dataclass(frozen=True, slots=True)
class Append:
    """Escaped text for the tail element."""

    html: str


@dataclass(frozen=True, slots=True)
class Grow:
    """Complete lines, to be put before the tail element, and what the tail element holds from now on."""

    before: str
    tail: str

    @property
    def html(self) -> str:
        """Return all HTML that it puts on the page."""
        return self.before + self.tail


@dataclass(frozen=True, slots=True)
class Extend:
    """The last item of a list or row of a table anew, with those that follow it. ``level`` 1 is the outermost list."""

    level: int
    html: str


type Change = Finish | Replace | Append | Grow | Extend
