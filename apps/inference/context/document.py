"""Cut a document around a gap to what a context window holds: the text nearest to the gap stays."""

from collections.abc import Callable
from dataclasses import dataclass

from apps.inference.context.estimate import estimate_tokens

AFTER_THE_GAP = 4  # the text after the gap gets at least this part of the room, if it needs it: a quarter
MARGIN = 1.1  # a count of the whole text says little about its parts


@dataclass(frozen=True, slots=True)
class Cut:
    """Code points left out: at the beginning of the text before a gap, and at the end of the text after it."""

    before: int = 0
    after: int = 0

    def __bool__(self) -> bool:
        return bool(self.before or self.after)

    def of(self, before: str, after: str) -> tuple[str, str]:
        """Return what is left of both texts."""
        return before[self.before :], after[: len(after) - self.after]


def cut_document(before: str, after: str, *, room: int, tokens: int | None = None) -> Cut:
    """Return the smallest cut after which both texts take at most ``room`` tokens.

    ``tokens`` is the server's count of both texts together; without it the estimate decides, which errs upwards.
    """
    if (tokens if tokens is not None else estimate_tokens(before + after)) <= room:
        return Cut()
    scale = MARGIN * tokens / estimate_tokens(before + after) if tokens is not None else 1.0

    def count(text: str) -> float:
        return scale * estimate_tokens(text)

    most_after = max(room / AFTER_THE_GAP, room - count(before))
    kept_after = _longest(len(after), lambda length: count(after[:length]) <= most_after)
    rest = room - count(after[:kept_after])
    kept_before = _longest(len(before), lambda length: count(before[len(before) - length :]) <= rest)
    return Cut(len(before) - kept_before, len(after) - kept_after)


def _longest(most: int, fits: Callable[[int], bool]) -> int:
    """Return the largest length up to ``most`` that fits; 0 if none does."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if fits(middle):
            low = middle
        else:
            high = middle - 1
    return low
