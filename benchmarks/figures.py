"""Measure replies, the API, coming back, growth and the whole stack: one table, and one JSON file.

    uv run python -m benchmarks.figures [--streams 16 100] [--tokens 200 1000] [--runs 3] [--json FILE] [--without PART]

The parts: ``browser`` (the path that people take, and the floor), ``api``, ``short`` completions, ``reattach``,
``growth``, and ``whole`` (start, idle memory, stop, recovery). A part that fails is named, and the others go on.
"""

import argparse
import json
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import growth, reattach, whole_stack
from benchmarks.api_path import api_caller, measure_short, measure_streams
from benchmarks.live_path import measure, median_of, show, statements_per_message
from benchmarks.live_stack import LivePathStack

PARTS = ("browser", "api", "short", "reattach", "growth", "whole")


class Figures:
    """The measured figures: rows of streams, and single figures by their names."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.single: dict[str, float] = {}
        self.failed: list[str] = []

    def add(self, part: str, act: Callable[[], dict[str, float]]) -> None:
        """Add single figures, and print them as they come."""
        try:
            found = act()
        except Exception:  # noqa: BLE001 - hours of other figures would be lost
            traceback.print_exc()
            self.failed.append(part)
            return
        for name, figure in found.items():
            print(f"{name:>60}: {figure:,.2f}", flush=True)
        self.single |= found

    def add_rows(self, part: str, act: Callable[[], dict[str, Any]], runs: int) -> None:
        """Add the median of runs, and print it."""
        try:
            self.rows.append(median_of([act() for _ in range(runs)]))
        except Exception:  # noqa: BLE001 - as above
            traceback.print_exc()
            self.failed.append(part)
            return
        show(self.rows[-1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--streams", type=int, nargs="+", default=[16, 100])
    parser.add_argument("--tokens", type=int, nargs="+", default=[200, 1000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--held", type=int, default=1_000)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--without", nargs="+", choices=PARTS, default=[])
    given = parser.parse_args()
    found = Figures()
    stack = LivePathStack()
    try:
        measure(stack, 4, 50)  # warms up
        measure_live(stack, found, given)
    finally:
        stack.stop()
    if "whole" not in given.without:
        found.add("whole", lambda: whole_stack.measure(min(given.streams)))
    print()
    show(found.rows)
    for name, figure in found.single.items():
        print(f"{name:>60}: {figure:,.2f}")
    print(f"\nfailed: {', '.join(found.failed) or 'nothing'}")
    if given.json:
        content = {"rows": found.rows, "single": found.single, "failed": found.failed}
        given.json.write_text(json.dumps(content, indent=2))


def measure_live(stack: LivePathStack, found: Figures, given: argparse.Namespace) -> None:
    """Measure the parts that one running stack serves."""
    pairs = [(streams, tokens) for tokens in given.tokens for streams in given.streams]
    if "browser" not in given.without:
        found.add("browser", lambda: {"SQL statements of a message": statements_per_message(stack)[0]})
        for streams, tokens in pairs:
            found.add_rows("browser", lambda s=streams, t=tokens: measure(stack, s, t), given.runs)  # type: ignore[misc]
        floor = given.streams[0], given.tokens[0]
        found.add_rows("browser", lambda: measure(stack, *floor, is_floor=True), 1)
    caller = api_caller(stack)
    if "api" not in given.without:
        for streams, tokens in pairs:
            found.add_rows("api", lambda s=streams, t=tokens: measure_streams(stack, caller, s, t), given.runs)  # type: ignore[misc]
    if "short" not in given.without:
        found.add("short", lambda: figures_of_short(measure_short(stack, caller, 100)))
    if "reattach" not in given.without:
        found.add("reattach", lambda: reattach.measure(stack))
    if "growth" not in given.without:
        found.add("growth", lambda: growth.measure(stack, [100, 10_000], [1_000, 500_000], given.held))


def figures_of_short(short: dict[str, Any]) -> dict[str, float]:
    names = {
        "direct_ms": "three tokens from the model server, ms",
        "api_ms": "three tokens through the API, ms",
        "added_ms": "three tokens through the API, ms added",
        "cpu_ms": "three tokens through the API, CPU-ms",
        "sql": "three tokens through the API, SQL statements",
    }
    return {sentence: float(short[name]) for name, sentence in names.items()}


if __name__ == "__main__":
    main()
