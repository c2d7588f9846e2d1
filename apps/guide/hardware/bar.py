"""The stacked bar, as shares of its width: weights, KV cache, reserve, and free memory."""

from dataclasses import dataclass

from apps.guide.hardware.fit import Fit

# The least percentages of the width at which a segment shows its letter, and its name and size.
ROOM_FOR_LETTER, ROOM_FOR_NAME = 5.0, 24.0


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the bar: start and width in percent of the whole, size in bytes."""

    slug: str
    letter: str
    label: str
    size: int
    start: float
    width: float

    @property
    def middle(self) -> float:
        return self.start + self.width / 2

    @property
    def shows_letter(self) -> bool:
        return self.width >= ROOM_FOR_LETTER

    @property
    def shows_name(self) -> bool:
        return self.width >= ROOM_FOR_NAME


@dataclass(frozen=True, slots=True)
class MemoryBar:
    """The segments, and the end of the memory in percent: below 100 if the need exceeds it."""

    segments: list[Segment]
    end: float

    @property
    def overflows(self) -> bool:
        return self.end < 100  # noqa: PLR2004 - percent


def draw_bar(fit: Fit) -> MemoryBar:
    """Return the bar of a fit; its whole width is the memory or the need, the larger of the two."""
    whole = max(fit.capacity, fit.need.total + fit.reserve)
    parts = [
        ("weights", "W", "Weights", fit.need.weights),
        ("kv", "K", "KV cache", fit.need.kv),
        ("reserve", "R", "Reserve", fit.reserve),
        ("free", "", "Left over", max(0, fit.headroom)),
    ]
    segments, start = [], 0.0
    for slug, letter, label, size in parts:
        width = 100 * size / whole
        segments.append(Segment(slug, letter, label, size, round(start, 3), round(width, 3)))
        start += width
    return MemoryBar(segments, round(100 * fit.capacity / whole, 3))
