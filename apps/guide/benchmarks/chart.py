"""The layout of a chart's bars. Widths are percentages of the panel, heights pixels, so that text keeps its size."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.guide.benchmarks.figures import NAMES, Measure, Suite
from apps.guide.benchmarks.patterns import find_breaks

# A panel from left to right: the size, the bar for 0 to 100, the score.
BAR_START = 13.0
BAR_ROOM = 68.0
ROW_HEIGHT = 26
BAR_HEIGHT = 18
FULL = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreBar:
    """One score; ``is_break`` if a smaller model of the variant does as well or better."""

    size: str
    score: Decimal | None
    width: float
    top: int
    is_break: bool

    @property
    def middle(self) -> int:
        return self.top + BAR_HEIGHT // 2

    @property
    def end(self) -> float:
        return BAR_START + self.width


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A small chart of one variant in one measure, with a bar for each size."""

    slug: str
    variant: str
    title: str
    bars: Sequence[ScoreBar]

    @property
    def height(self) -> int:
        return len(self.bars) * ROW_HEIGHT

    @property
    def start(self) -> float:
        return BAR_START

    @property
    def grid(self) -> list[float]:
        """The horizontal positions of the grid lines at 25, 50, 75 and 100."""
        return [BAR_START + BAR_ROOM * step / 4 for step in range(1, 5)]

    @property
    def description(self) -> str:
        """The chart in words."""
        said = (f"{bar.size} {bar.score:.1f}" if bar.score is not None else f"{bar.size} none" for bar in self.bars)
        return ", ".join(said) + "."

    @property
    def has_break(self) -> bool:
        return any(bar.is_break for bar in self.bars)


def draw_panels(suite: Suite, chosen: Measure, variants: Sequence[str]) -> list[Panel]:
    """Return a panel per variant in the chosen measure; if only one variant has scores, a panel per measure."""
    shown = [variant for variant in suite.variants if variant in variants]
    if len(suite.variants) == 1:
        return [
            _panel(suite, measure, variant, suite.label_of(measure)) for variant in shown for measure in suite.measures
        ]
    return [_panel(suite, chosen, variant, NAMES[variant]) for variant in shown]


def _panel(suite: Suite, measure: Measure, variant: str, title: str) -> Panel:
    worse = {found.model for found in find_breaks(measure) if found.rival[0] == found.model[0]}
    bars = [
        ScoreBar(
            size=size,
            score=(score := measure.scores.get((variant, size))),
            width=round(BAR_ROOM * float(score or 0) / FULL, 3),
            top=index * ROW_HEIGHT,
            is_break=(variant, size) in worse,
        )
        for index, size in enumerate(suite.sizes)
    ]
    return Panel(slug=f"{measure.slug}-{variant}", variant=variant, title=title, bars=bars)
