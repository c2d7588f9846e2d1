"""Sparklines: one figure over an hour as a small line, drawn on the server.

Missing observations leave a gap, not a zero. The axis starts at zero. The text alternative gives the latest, lowest and
highest figure.
"""

from collections.abc import Mapping
from dataclasses import dataclass

MINUTES = 60
LONGEST_BRIDGE = 5  # longest distance in minutes between two points that are joined: probes do not come every minute
WIDTH = 180
HEIGHT = 36
MARGIN = 3  # room for the width of the line and the dot at its end


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A drawing: ``line`` is an SVG path, ``alone`` holds the dots of isolated minutes."""

    name: str
    unit: str
    line: str
    alone: tuple[tuple[float, float], ...]
    last: tuple[float, float] | None
    latest: str
    lowest: str
    highest: str
    width: int = WIDTH
    height: int = HEIGHT
    floor: int = HEIGHT - MARGIN

    @property
    def is_empty(self) -> bool:
        return self.last is None

    @property
    def summary(self) -> str:
        """Return the text alternative."""
        if self.is_empty:
            return f"{self.name}: nothing measured in the last hour."
        return (
            f"{self.name} over the last hour: now {self.latest} {self.unit}, "
            f"lowest {self.lowest}, highest {self.highest} {self.unit}."
        )


def draw_sparkline(*, name: str, unit: str, by_minute: Mapping[int, float], decimals: int = 0) -> Sparkline:
    """Draw ``by_minute``, which maps minutes of the hour (0 oldest, 59 now) to figures."""
    if not by_minute:
        return Sparkline(name, unit, "", (), None, "", "", "")
    top = max(by_minute.values()) or 1.0
    points = {minute: _place(minute, value, top) for minute, value in sorted(by_minute.items())}
    runs = runs_of(sorted(points))
    return Sparkline(
        name=name,
        unit=unit,
        line=" ".join(path_through([points[minute] for minute in run]) for run in runs if len(run) > 1),
        alone=tuple(points[run[0]] for run in runs if len(run) == 1),
        last=points[max(points)],
        latest=_figure(by_minute[max(by_minute)], decimals),
        lowest=_figure(min(by_minute.values()), decimals),
        highest=_figure(max(by_minute.values()), decimals),
    )


def _place(minute: int, value: float, top: float) -> tuple[float, float]:
    across = MARGIN + minute * (WIDTH - 2 * MARGIN) / (MINUTES - 1)
    down = HEIGHT - MARGIN - value / top * (HEIGHT - 2 * MARGIN)
    return round(across, 1), round(down, 1)


def runs_of(steps: list[int]) -> list[list[int]]:
    """Group steps of time that are near each other; nothing was observed between two groups."""
    runs: list[list[int]] = []
    for step in steps:
        if runs and step - runs[-1][-1] <= LONGEST_BRIDGE:
            runs[-1].append(step)
        else:
            runs.append([step])
    return runs


def path_through(points: list[tuple[float, float]]) -> str:
    """Return the SVG path of a line through the points."""
    return "M" + " L".join(f"{across} {down}" for across, down in points)


def _figure(value: float, decimals: int) -> str:
    return f"{value:,.{decimals}f}"
