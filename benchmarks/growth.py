"""Measure what must not grow, a ticket by the queue and ``/metrics`` by the table, and what one worker carries.

    uv run python -m benchmarks.growth [--queue 100 10000] [--rows 1000 500000] [--held 1000]

Rows are written straight into Postgres. ``--held`` replies run at one worker at once, a token a second each; they
are counted in Postgres, with the worker's CPU and memory. Milliseconds are medians; the machine's load is in them.
"""

import argparse
import statistics
import time
import urllib.request
from collections.abc import Callable
from typing import Any

from benchmarks.live_stack import LivePathStack  # sets Django up

# isort: split
from django.db import connection, transaction

from apps.accounts.models import User
from apps.generation.models import Generation, State
from apps.generation.services.claim import claim_next, endpoints_and_wishes, next_queued
from apps.generation.services.start import start_generation
from benchmarks.stack import processor_seconds
from benchmarks.streams import memory

TIMES = 15
OWNERS = 200
HELD_TOKENS = 150
PATIENCE = 600.0  # most seconds until all held replies have ended
EMPTY = dict.fromkeys(("text", "finish_reason", "error", "worker"), "''") | dict.fromkeys(
    ("text_length", "lost_leases", "left_out"), "0"
)
FILL = f"""
    INSERT INTO generation_generation
        (owner_id, variant, messages, parameters, created_at, {", ".join(EMPTY)}, state, attempt, ended_at)
    SELECT (%s::bigint[])[1 + mod(number, %s)], 'base', '[]', '{{}}', now() + number * interval '1 ms',
           {", ".join(EMPTY.values())}, %s
    FROM generate_series(1, %s) AS number
"""  # noqa: S608 - made of constants
QUEUED, ENDED = "'queued', 0, NULL", "'succeeded', 1, now()"


def fill(values: str, owners: list[int], count: int) -> None:
    """Write that many generations of some owners, in the state of ``values``."""
    with connection.cursor() as cursor:
        cursor.execute(FILL % ("%s", "%s", values, "%s"), [owners, len(owners), count])
        cursor.execute("ANALYZE generation_generation")


def median_ms(act: Callable[[], Any]) -> float:
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        act()
        took.append(1000 * (time.perf_counter() - began))
    return statistics.median(took)


def ticket() -> None:
    """Run the SQL of one ticket as a worker does, then roll it back."""
    with transaction.atomic():
        endpoints_and_wishes(variant="base", task="chat")
        claim_next(variant="base", worker="bench")
        next_queued(variant="base")
        transaction.set_rollback(True)


def measure_queue(owners: list[int], lengths: list[int]) -> dict[str, float]:
    found = {}
    for length in lengths:
        with transaction.atomic():  # rolled back: other programs never see these rows
            fill(QUEUED, owners, length)
            found[f"ticket with {length:,} in the queue, ms"] = median_ms(ticket)
            transaction.set_rollback(True)
    return found


def measure_metrics(stack: LivePathStack, owners: list[int], sizes: list[int]) -> dict[str, float]:
    found = {}
    for size in sizes:
        fill(ENDED, owners, size)
        address = f"{stack.site}/metrics"
        found[f"/metrics with {size:,} generations, ms"] = median_ms(lambda: urllib.request.urlopen(address).read())  # noqa: B023, S310
    return found


def measure_worker(stack: LivePathStack, count: int) -> dict[str, float]:
    """Run ``count`` slow replies at once on the only worker, to their ends."""
    owner = User.objects.create(username="bench-held")
    asked = [{"role": "user", "content": f"stamp {HELD_TOKENS} at 1 per second"}]
    before = processor_seconds(stack.processes())
    ids = [start_generation(owner=owner, variant="instruct", messages=asked).pk for _ in range(count)]
    mine = Generation.objects.filter(pk__in=ids)
    give_up, most, heaviest = time.monotonic() + PATIENCE, 0, 0.0
    while mine.active().exists() and time.monotonic() < give_up:
        running = mine.filter(state=State.RUNNING).count()
        if running > most:
            most, heaviest = running, memory(stack.processes())["worker"]
        time.sleep(1.0)
    after = processor_seconds(stack.processes())
    whole = mine.filter(state=State.SUCCEEDED, completion_tokens=HELD_TOKENS, lost_leases=0).count()
    spent = (after["worker"] - before["worker"]) / (count * HELD_TOKENS / 1000)
    return {
        f"of {count:,} replies at one worker, at once": most,
        "of them whole, by their first worker": whole,
        "worker's memory then, MB": heaviest,
        "worker's CPU-s per 1,000 tokens at a token a second": spent,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--queue", type=int, nargs="+", default=[100, 10_000])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 500_000])
    parser.add_argument("--held", type=int, default=1_000)
    given = parser.parse_args()
    stack = LivePathStack()
    try:
        for name, figure in measure(stack, given.queue, given.rows, given.held).items():
            print(f"{name:>60}: {figure:,.2f}")
    finally:
        stack.stop()


def measure(stack: LivePathStack, queue: list[int], rows: list[int], held: int) -> dict[str, float]:
    """Return all figures by their names."""
    found = measure_worker(stack, held)
    owners = [User.objects.create(username=f"bench-owner-{number}").pk for number in range(OWNERS)]
    return found | measure_queue(owners, queue) | measure_metrics(stack, owners, rows)


if __name__ == "__main__":
    main()
