"""The changes on the page after feeding a reply."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finish:
    """Finished blocks, to be put before the open one."""

    html: str


@dataclass(frozen=True, slots=True)
class Replace:
    """The new HTML of the open block, its tail element included."""

    html: str


@dataclass(frozen=True, slots=True)
class Append:
    """Escaped text for the tail element."""

    html: str


@dataclass(frozen=True, slots=True)
class Grow:
    """Complete lines, to be put before the tail element, and the new content of the tail element."""

    before: str
    tail: str

    @property
    def html(self) -> str:
        """Return all HTML that the change puts on the page."""
        return self.before + self.tail


@dataclass(frozen=True, slots=True)
class Extend:
    """The new HTML of the last list item or table row and of those after it. ``level`` 1 is the outermost list."""

    level: int
    html: str


type Change = Finish | Replace | Append | Grow | Extend
