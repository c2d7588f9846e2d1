"""Charts with axes: one figure over time as lines, drawn on the server.

The vertical axis starts at zero and ends at a round figure. A step without observations leaves a gap, not a zero.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.endpoints.console.sparkline import path_through, runs_of

WIDTH = 400
HEIGHT = 180
LEFT, RIGHT, TOP, BOTTOM = 56, 8, 10, 24  # room for figures, the last dot and the words below
TICKS = 4
LEAST = 1e-9  # smaller figures are drawn as zero: the smallest floats cannot be divided into quarters


@dataclass(frozen=True, slots=True)
class Series:
    """A name, and its figures by step: 0 is the oldest."""

    name: str
    figures: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Line:
    """The drawing of a series: an SVG path, and the dots of points without a neighbour."""

    name: str
    path: str
    alone: tuple[tuple[float, float], ...]
    summary: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A figure on the vertical axis, and how far down it stands."""

    figure: str
    down: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines between two axes. ``summary`` is the text alternative."""

    title: str
    unit: str
    begins: str
    lines: tuple[Line, ...]
    ticks: tuple[Tick, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    floor: int = HEIGHT - BOTTOM

    @property
    def is_empty(self) -> bool:
        return not self.lines

    @property
    def summary(self) -> str:
        return f"{self.title}, from {self.begins} until now. " + " ".join(line.summary for line in self.lines)


def draw_chart(*, title: str, unit: str, begins: str, steps: int, series: Sequence[Series]) -> Chart:
    """Draw the series that have figures. ``steps`` is the number of steps on the axis. Counts have no unit."""
    shown = [one for one in series if one.figures]
    if not shown:
        return Chart(title, unit, begins, (), ())
    highest = max(max(one.figures.values()) for one in shown)
    top = round_up(highest if unit else max(highest, TICKS))
    lines = tuple(_line(one, unit, steps, top) for one in shown)
    ticks = tuple(Tick(_figure(top * tick / TICKS), _down(top * tick / TICKS, top)) for tick in range(TICKS + 1))
    return Chart(title, unit, begins, lines, ticks)


def round_up(figure: float) -> float:
    """Return the next of 2, 4, 8, 20, 40, 80 and so on, whose quarters are round figures too."""
    if figure < LEAST:
        return float(TICKS)
    scale = 10.0 ** math.floor(math.log10(figure))
    return next(top for times in (2, 4, 8, 20) if (top := times * scale) >= figure)


def _line(series: Series, unit: str, steps: int, top: float) -> Line:
    points = {
        step: (round(LEFT + step * (WIDTH - LEFT - RIGHT) / max(1, steps - 1), 1), _down(figure, top))
        for step, figure in sorted(series.figures.items())
    }
    runs = runs_of(list(points))
    figures = [series.figures[step] for step in points]
    measured = " ".join(filter(None, [_figure(max(figures)), unit]))
    return Line(
        name=series.name,
        path=" ".join(path_through([points[step] for step in run]) for run in runs if len(run) > 1),
        alone=tuple(points[run[0]] for run in runs if len(run) == 1),
        summary=f"{series.name}: latest {_figure(figures[-1])}, lowest {_figure(min(figures))}, highest {measured}.",
    )


def _down(figure: float, top: float) -> float:
    return round(HEIGHT - BOTTOM - figure / top * (HEIGHT - TOP - BOTTOM), 1)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= TICKS or value == int(value) else f"{value:,.2g}"
