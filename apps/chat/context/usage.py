"""The share of a context window that the next question would take, in the composer's words."""

from dataclasses import dataclass
from enum import StrEnum

FILLING, NEARLY_FULL = 0.75, 0.9


class Level(StrEnum):
    """The fill level of a context window."""

    FINE = "fine"
    FILLING = "filling"
    NEARLY_FULL = "nearly_full"
    OVERFLOWING = "overflowing"
    TOO_LONG = "too_long"


WARNINGS = {
    Level.FINE: "",
    Level.FILLING: "The model’s context window is filling up.",
    Level.NEARLY_FULL: "The model’s context window is nearly full.",
    Level.OVERFLOWING: "The first messages of this conversation no longer fit the model’s context window.",
    Level.TOO_LONG: "This question does not fit the model’s context window.",
}


@dataclass(frozen=True, slots=True)
class SmallerWindow:
    """An endpoint that may reply as well, and whose context window is smaller."""

    endpoint: str
    window: int


@dataclass(frozen=True, slots=True)
class ContextUsage:
    """Tokens of a ``window`` that the next request takes.

    ``history`` includes the system prompt, ``question`` its files; ``reserved`` is the room kept for the reply.
    ``least`` is the smallest possible request, ``least_prompt`` its prompt; the server takes no prompt of more than
    ``longest_prompt``. The first ``left_out`` messages would be left out. ``is_about`` means that a figure is an
    estimate, which errs upwards; ``is_being_counted``, that a better figure will come. ``gives_way`` is how much
    shorter passages and the reply can be before anything is lost, ``prompt_gives_way`` the passages alone.
    """

    window: int
    history: int
    question: int
    reserved: int
    least: int
    left_out: int
    is_about: bool
    is_being_counted: bool
    longest_prompt: int
    least_prompt: int
    gives_way: int = 0
    prompt_gives_way: int = 0
    smaller: SmallerWindow | None = None

    @property
    def used(self) -> int:
        return self.history + self.question + self.reserved

    @property
    def shown(self) -> int:
        """Return the value for a meter that ends at the window."""
        return min(self.used, self.window)

    @property
    def level(self) -> Level:
        if self.least > self.window or self.least_prompt > self.longest_prompt:
            return Level.TOO_LONG
        if self.left_out:
            return Level.OVERFLOWING
        prompt_share = (self.history + self.question - self.prompt_gives_way) / self.longest_prompt
        share = max(prompt_share, (self.used - self.gives_way) / self.window)
        if share >= NEARLY_FULL:
            return Level.NEARLY_FULL
        return Level.FILLING if share >= FILLING else Level.FINE

    @property
    def about(self) -> str:
        return "about " if self.is_about else ""

    @property
    def words(self) -> str:
        """Return the usage, such as “about 3,210 of 16,384 tokens”."""
        return f"{self.about}{self.used:,} of {self.window:,} tokens"

    @property
    def parts(self) -> str:
        """Return the parts of the usage in words."""
        return f"Conversation {self.history:,}, question {self.question:,}, kept for the reply {self.reserved:,} tokens"

    @property
    def sentence(self) -> str:
        """Return a warning to read before sending, or an empty string while there is room."""
        match self.level:
            case Level.TOO_LONG if self.least <= self.window:
                return (
                    f"This question does not fit: it takes {self.about}{self.least_prompt:,} tokens, and the model "
                    f"server takes prompts of at most {self.longest_prompt:,}. Shorten it, or remove a file."
                )
            case Level.TOO_LONG:
                return (
                    f"This question does not fit: with a short reply it takes {self.about}{self.least:,} tokens, and "
                    f"the model’s context window holds {self.window:,}. Shorten it, or remove a file."
                )
            case Level.OVERFLOWING:
                or_so = " or so" if self.is_about else ""
                return f"The first {self.left_out:,} messages{or_so} no longer fit."
            case Level.NEARLY_FULL:
                return f"Context nearly full: {self.about}{self.left:,} tokens left."
            case Level.FILLING:
                return f"Context filling up: {self.about}{self.left:,} tokens left."
        return ""

    @property
    def aside(self) -> str:
        """Return what a smaller endpoint would have to leave out, or an empty string."""
        if self.smaller is None or self.level == Level.TOO_LONG or self.used <= self.smaller.window:
            return ""
        if self.least > self.smaller.window:
            return (
                f"This is too long for {self.smaller.endpoint}, whose context window holds {self.smaller.window:,} "
                "tokens. A server with more room replies."
            )
        return (
            f"{self.smaller.endpoint} may reply instead. Its context window holds {self.smaller.window:,} tokens: "
            "fewer messages, or a shorter reply."
        )

    @property
    def warning(self) -> str:
        """Return the warning without figures, to be announced when the level is reached."""
        return WARNINGS[self.level]

    @property
    def left(self) -> int:
        return max(0, min(self.window - self.used, self.longest_prompt - self.history - self.question))
