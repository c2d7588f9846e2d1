"""Measure a reply on the path that people take: its cost, and the lateness of its text.

    uv run python -m benchmarks.live_path [--streams 16 32 100] [--tokens 200 1000] [--runs 3] [--json FILE]

Each person is signed in separately, posts the composer's form and follows the reply on the conversation's socket. The
model stamps each token with the time at which it was sent, 50 tokens a second, the first after 50 ms. Processor time is
that of web, worker, beat, Valkey and Postgres; the model and this client are not counted. The same client straight at
the model server is the floor. Medians of the runs are printed, and written as JSON.
"""

import argparse
import asyncio
import json
import re
import statistics
import time
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from benchmarks.live_stack import LivePathStack, redis_calls, statements_logged
from benchmarks.people import PER_SECOND, Person, follow, people, straight
from benchmarks.stack import processor_seconds
from benchmarks.stamping_model import FIRST_TOKEN_SECONDS
from benchmarks.streams import memory


async def everybody_asks[P: Person](
    persons: Sequence[P],
    ask: Callable[[P, aiohttp.ClientSession, str], Coroutine[Any, Any, None]],
    tokens: int,
) -> int:
    """Let all persons ask within one second, and return how many got no complete reply."""
    question = f"stamp {tokens} at {PER_SECOND} per second"
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()
    ) as session:
        tasks = []
        for person in persons:
            tasks.append(asyncio.create_task(ask(person, session, question)))
            await asyncio.sleep(1.0 / len(persons))  # over one second
        done, late = await asyncio.wait(tasks, timeout=60 + 3 * tokens / PER_SECOND)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
    failures = [error for task in done if (error := task.exception())]
    if failures:
        print(f"  {len(failures)} failed, the first: {failures[0]!r}")
    return len(late) + len(failures)


def percentile(figures: Sequence[float], share: float) -> float:
    ordered = sorted(figures)
    return float(ordered[min(len(ordered) - 1, int(share * len(ordered)))]) if ordered else float("nan")


def measure(stack: LivePathStack, streams: int, tokens: int, *, is_floor: bool = False) -> dict[str, Any]:
    """Run ``streams`` replies at once and return the figures."""
    persons = people(streams)
    before, commands = processor_seconds(stack.processes()), redis_calls()
    ask = partial(straight, url=stack.model_url) if is_floor else partial(follow, site=stack.site)
    failed = asyncio.run(everybody_asks(persons, ask, tokens))
    path = "floor" if is_floor else "browser"
    return row_of(stack.processes(), path, persons, tokens, failed=failed, before=before, commands=commands)


def row_of(  # noqa: PLR0913 (figures of one run)
    processes: dict[str, list[psutil.Process]],
    path: str,
    persons: Sequence[Person],
    tokens: int,
    *,
    failed: int,
    before: dict[str, float],
    commands: int | None = None,
) -> dict[str, Any]:
    """Return the figures of a run that has just ended. ``commands`` is Redis's number of commands before it."""
    time.sleep(1.0)  # wait until the replies' ends are stored
    after, calls = processor_seconds(processes), 0 if commands is None else redis_calls() - commands
    written = len(persons) * tokens
    spent = {name: (after[name] - before.get(name, 0.0)) / (written / 1000) for name in after}
    relay = [late for person in persons for late in person.relay]
    added = [person.first_ms - FIRST_TOKEN_SECONDS * 1000 for person in persons if person.first_ms]
    seconds = [person.last - person.posted for person in persons if person.last]
    return {
        "path": path,
        "streams": len(persons),
        "tokens": tokens,
        "whole": sum(person.is_over and person.seen == tokens for person in persons),
        "failed": failed,
        "rate": tokens / PER_SECOND / statistics.median(seconds) if seconds else 0.0,
        "cpu_per_1000": sum(spent.values()),
        "by_program": rounded(spent),
        "first_p50": percentile(added, 0.5),
        "first_p99": percentile(added, 0.99),
        "relay_p50": percentile(relay, 0.5),
        "relay_p99": percentile(relay, 0.99),
        "redis_per_token": calls / written,
        "memory_mb": round(sum(memory(processes).values())),
    }


def rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(figure, 4) for name, figure in figures.items()}


def statements_per_message(stack: LivePathStack, streams: int = 8) -> tuple[float, dict[str, int]]:
    """Count the SQL statements of a message of 25 tokens, its socket, checkpoints and beat included."""
    people(streams)
    with statements_logged(stack) as statements:
        measure(stack, streams, 25)
    kinds: dict[str, int] = {}
    for statement in statements:
        kind = re.sub(r"\$\d+|\d+|'[^']*'", "?", statement)[:110]
        kinds[kind] = kinds.get(kind, 0) + 1
    return len(statements) / streams, dict(sorted(kinds.items(), key=lambda item: -item[1]))


COLUMNS = ("path", "streams", "tokens", "whole", "rate", "cpu_per_1000", "first_p50", "first_p99", "relay_p50")
COLUMNS += ("relay_p99", "redis_per_token", "memory_mb")


def median_of(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    ordered = sorted(runs, key=lambda run: run["cpu_per_1000"])
    middle = dict(ordered[len(ordered) // 2])
    for name in COLUMNS[4:]:
        middle[name] = statistics.median(run[name] for run in runs)
    middle["whole"] = min(run["whole"] for run in runs)
    return middle


def show(rows: Sequence[dict[str, Any]]) -> None:
    print("  ".join(f"{name:>14}" for name in COLUMNS))
    for row in rows:
        cells = [f"{row[name]:>14.3f}" if isinstance(row[name], float) else f"{row[name]:>14}" for name in COLUMNS]
        print("  ".join(cells))
        print("    by program:", row["by_program"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--streams", type=int, nargs="+", default=[16, 100])
    parser.add_argument("--tokens", type=int, nargs="+", default=[200])
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    stack = LivePathStack()
    rows: list[dict[str, Any]] = []
    try:
        idle = {name: round(figure) for name, figure in memory(stack.processes()).items()}
        print("idle memory MB:", sum(idle.values()), idle)
        time.sleep(5.0)  # wait until every program has started
        measure(stack, 4, 50)  # warms up
        statements, kinds = statements_per_message(stack)
        print(f"SQL statements per message: {statements:.1f}")
        for tokens in given.tokens:
            for streams in given.streams:
                runs = [measure(stack, streams, tokens) for _ in range(given.runs)]
                rows.append(median_of(runs))
                show(rows[-1:])
        rows.append(measure(stack, given.streams[0], given.tokens[0], is_floor=True))
        print()
        show(rows)
        if given.json:
            figures = {"idle_mb": idle, "sql_per_message": statements, "statements": kinds, "rows": rows}
            given.json.write_text(json.dumps(figures, indent=2))
    finally:
        stack.stop()


if __name__ == "__main__":
    main()
