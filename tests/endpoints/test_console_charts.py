"""Sparklines: true to their figures, with gaps where nothing was seen, and words for who cannot see them."""

import re

from hypothesis import given
from hypothesis import strategies as st

from apps.endpoints.console.sparkline import HEIGHT, MARGIN, WIDTH, Sparkline, draw_sparkline


def draw(by_minute: dict[int, float]) -> Sparkline:
    return draw_sparkline(name="First token", unit="ms", by_minute=by_minute)


def corners(chart: Sparkline) -> list[tuple[float, float]]:
    found = re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", chart.line)
    return [(float(across), float(down)) for across, down in found]


def test_highest_touches_the_top_and_zero_the_bottom() -> None:
    chart = draw({0: 0.0, 1: 50.0, 2: 100.0})
    assert [down for _, down in corners(chart)] == [HEIGHT - MARGIN, HEIGHT / 2, MARGIN]


def test_newest_minute_is_at_the_right_edge() -> None:
    chart = draw({58: 1.0, 59: 2.0})
    assert chart.last == corners(chart)[-1] == (WIDTH - MARGIN, MARGIN)


def test_silence_is_a_gap() -> None:
    chart = draw({3: 1.0, 8: 1.0, 14: 1.0, 15: 1.0, 30: 5.0})
    assert chart.line.count("M") == 2
    assert len(corners(chart)) == 4
    assert chart.alone == (chart.last,)


def test_words_say_what_the_line_shows() -> None:
    assert draw({3: 80.4, 50: 1200.0, 59: 95.0}).summary == (
        "First token over the last hour: now 95 ms, lowest 80, highest 1,200 ms."
    )


def test_nothing_measured_is_said() -> None:
    chart = draw({})
    assert chart.is_empty
    assert chart.summary == "First token: nothing measured in the last hour."


@given(
    st.dictionaries(st.integers(0, 59), st.floats(0, 1e6, allow_nan=False), min_size=1),
)
def test_every_point_lies_inside(by_minute: dict[int, float]) -> None:
    chart = draw(by_minute)
    points = [*corners(chart), *chart.alone]
    assert len(points) == len(by_minute)
    for across, down in points:
        assert MARGIN <= across <= WIDTH - MARGIN
        assert MARGIN <= down <= HEIGHT - MARGIN
