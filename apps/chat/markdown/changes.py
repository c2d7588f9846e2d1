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
        """All that it puts on the page."""
        return self.before + self.tail


type Change = Finish | Replace | Append | Grow
