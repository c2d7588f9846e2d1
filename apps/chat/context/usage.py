"""How much of a model's window the next question would take, as a composer says it."""

from dataclasses import dataclass
from enum import StrEnum

FILLING, NEARLY_FULL = 0.75, 0.9


class Level(StrEnum):
    """How full the window would be."""

    FINE = "fine"
    FILLING = "filling"
    NEARLY_FULL = "nearly_full"
    OVERFLOWING = "overflowing"
    TOO_LONG = "too_long"


WARNINGS = {
    Level.FINE: "",
    Level.FILLING: "The model’s window is filling up.",
    Level.NEARLY_FULL: "The model’s window is nearly full.",
    Level.OVERFLOWING: "The first messages of this conversation no longer fit the model’s window.",
    Level.TOO_LONG: "This question does not fit the model’s window.",
}


@dataclass(frozen=True, slots=True)
class ContextUsage:
    """Tokens of a ``window`` that the next request takes.

    ``history`` has the system prompt in it, ``question`` its files; ``reserved`` is the room kept for the reply.
    ``least`` is what must be in it: all but the history. ``left_out`` messages from the first on would not be told.
    ``is_about`` where anything in it is a guess, which errs upwards; a better figure comes while ``is_being_counted``.
    """

    window: int
    history: int
    question: int
    reserved: int
    least: int
    left_out: int
    is_about: bool
    is_being_counted: bool

    @property
    def used(self) -> int:
        return self.history + self.question + self.reserved

    @property
    def shown(self) -> int:
        """For a meter, which ends at the window."""
        return min(self.used, self.window)

    @property
    def level(self) -> Level:
        if self.least > self.window:
            return Level.TOO_LONG
        if self.left_out:
            return Level.OVERFLOWING
        share = self.used / self.window
        if share >= NEARLY_FULL:
            return Level.NEARLY_FULL
        return Level.FILLING if share >= FILLING else Level.FINE

    @property
    def about(self) -> str:
        return "about " if self.is_about else ""

    @property
    def words(self) -> str:
        """Such as “about 3,210 of 16,384 tokens”."""
        return f"{self.about}{self.used:,} of {self.window:,} tokens"

    @property
    def parts(self) -> str:
        """What it is made of."""
        return f"Conversation {self.history:,}, question {self.question:,}, kept for the reply {self.reserved:,} tokens"

    @property
    def sentence(self) -> str:
        """What somebody should know before they send; empty while there is room."""
        match self.level:
            case Level.TOO_LONG:
                return (
                    f"This question does not fit: with the reply it takes {self.about}{self.least:,} tokens, and the "
                    f"model’s window holds {self.window:,}. Shorten it, or remove a file."
                )
            case Level.OVERFLOWING:
                or_so = " or so" if self.is_about else ""
                return (
                    f"The next reply is written without the first {self.left_out:,} messages{or_so} of this "
                    "conversation: they no longer fit the model’s window."
                )
            case Level.NEARLY_FULL:
                return f"The model’s window is nearly full: {self.about}{self.left:,} tokens are left."
            case Level.FILLING:
                return f"The model’s window is filling up: {self.about}{self.left:,} tokens are left."
        return ""

    @property
    def warning(self) -> str:
        """The same without figures, to be said once when the level is reached."""
        return WARNINGS[self.level]

    @property
    def left(self) -> int:
        return max(0, self.window - self.used)
