"""The chart of tokens by day: a bar for each day, drawn on the server. The table beside it has the same figures."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.usage.selectors import Used

WIDTH = 720
HEIGHT = 160
GAP = 0.25  # share of a day's width that stays empty


@dataclass(frozen=True, slots=True)
class DayBar:
    """One day: prompt tokens at the bottom, reply tokens on top of them. Lengths are units of the drawing."""

    used: Used
    left: float
    width: float
    read_height: float
    written_height: float

    @property
    def read_top(self) -> float:
        return round(HEIGHT - self.read_height, 1)

    @property
    def written_top(self) -> float:
        return round(HEIGHT - self.read_height - self.written_height, 1)


@dataclass(frozen=True, slots=True)
class DayChart:
    """The drawing of a chart; ``highest`` is the figure at the top of the chart."""

    bars: Sequence[DayBar]
    highest: int
    summary: str
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def first(self) -> str:
        return self.bars[0].used.name

    @property
    def last(self) -> str:
        return self.bars[-1].used.name


def draw_days(days: Sequence[Used]) -> DayChart:
    """Draw the days, the earliest on the left."""
    highest = max(day.tokens for day in days)
    scale = HEIGHT / highest if highest else 0.0
    room = WIDTH / len(days)
    bars = [
        DayBar(
            used=day,
            left=round(number * room + room * GAP / 2, 2),
            width=round(room * (1 - GAP), 2),
            read_height=round(day.prompt_tokens * scale, 1),
            written_height=round(day.completion_tokens * scale, 1),
        )
        for number, day in enumerate(days)
    ]
    return DayChart(bars, highest, _in_words(days, highest))


def _in_words(days: Sequence[Used], highest: int) -> str:
    total = sum(day.tokens for day in days)
    if not total:
        return f"No tokens from {days[0].name} to {days[-1].name}."
    busiest = max(days, key=lambda day: day.tokens)
    return (
        f"Tokens by day from {days[0].name} to {days[-1].name}: {total:,} in all, "
        f"most on {busiest.name} with {highest:,}."
    )
