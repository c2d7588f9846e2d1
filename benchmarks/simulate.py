"""Model the load of 10,000 to 100,000 replies at once, from the measured cost of a token and a message.

    uv run python -m benchmarks.simulate [--streams 10000 100000] [--tokens 400] [--figures FILE]

People arrive at random, replies have lognormal lengths, 50 tokens a second. ``--figures`` is the JSON of
``benchmarks.figures``: its runs of two lengths give the costs, and each of its runs is checked against the model.
Without it, the costs are those of one quiet run of 16, 100 and 300 streams (docs/performance.md).
"""

import argparse
import json
import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PER_SECOND = 50  # tokens of one reply
SECONDS = 180  # seconds of simulated arrivals
SAMPLES = 500  # replies drawn for the arrivals of one second
SPREAD = 0.8  # sigma of the lengths' logarithm
BUSY = 0.7  # share of a core that one process may use at the peak
GENERATIONS_PER_WORKER = 1_000
BYTES_PER_TOKEN = 5
FRAME_BYTES = 29  # bytes around each piece of text on the Redis channel
SECONDS_AFTER_END = 300  # seconds for which Redis keeps a log after its end
LOG_BYTES = 400  # bytes of a log's hash and keys
REDIS_BYTES_PER_SECOND = 1_000_000_000  # out of one Redis, on a network of 10 Gbit/s
TICKS_PER_SECOND = 1000 / 30


@dataclass(frozen=True)
class Cost:
    """CPU-ms of one program: for a message, for a token, and for each second in which anything streams."""

    message: float
    token: float
    second: float = 0.0


# On two idle cores, from one run of 16, 100 and 300 streams (docs/performance.md).
MEASURED = {
    "web": Cost(41, 0.037, 61),
    "worker": Cost(15, 0.020, 63),
    "postgres": Cost(18, 0.001, 13),
    "valkey": Cost(2, 0.003, 20),
}


@dataclass(frozen=True)
class Load:
    """The load at the peak: the 99th percentile of the seconds of a run."""

    streams: int
    tokens_per_second: float
    messages_per_second: float
    ended: float  # replies whose logs Redis still keeps


def simulate(streams: int, mean_tokens: int, chance: random.Random) -> Load:
    """Let people arrive so that ``streams`` replies are under way on average, and return the peak."""
    rate = streams * PER_SECOND / mean_tokens
    mu = math.log(mean_tokens) - SPREAD**2 / 2
    leaving: dict[int, float] = {}
    active, seen = 0.0, []
    for second in range(SECONDS):
        arrivals = max(0.0, chance.gauss(rate, math.sqrt(rate)))  # approximates Poisson for many arrivals
        drawn = [max(1, math.ceil(chance.lognormvariate(mu, SPREAD) / PER_SECOND)) for _ in range(SAMPLES)]
        for seconds in drawn:
            end = second + seconds
            leaving[end] = leaving.get(end, 0.0) + arrivals / SAMPLES
        active += arrivals - leaving.pop(second, 0.0)
        seen.append(active)
    peak = sorted(seen[SECONDS // 2 :])[int(0.99 * (SECONDS - SECONDS // 2))]
    return Load(round(peak), peak * PER_SECOND, rate, rate * SECONDS_AFTER_END)


def seconds_of_cpu(load: Load, cost: Cost) -> float:
    """Return the cores that a program needs under this load."""
    return (load.messages_per_second * cost.message + load.tokens_per_second * cost.token + cost.second) / 1000


def needs(load: Load, costs: dict[str, Cost], mean_tokens: int) -> dict[str, float]:
    """Return what each part needs: processes, cores, connections and bytes."""
    cores = {name: seconds_of_cpu(load, cost) for name, cost in costs.items()}
    web = max(1, math.ceil(cores["web"] / BUSY))
    workers = max(1, math.ceil(max(cores["worker"] / BUSY, load.streams / GENERATIONS_PER_WORKER)))
    pieces = min(load.tokens_per_second, load.streams * TICKS_PER_SECOND)
    published = load.tokens_per_second * BYTES_PER_TOKEN + pieces * FRAME_BYTES
    kept = load.streams / 2 + load.ended  # on average, a running reply has half its text
    return {
        "streams": load.streams,
        "tokens/s": round(load.tokens_per_second),
        "messages/s": round(load.messages_per_second),
        "web": web,
        "workers": workers,
        "postgres cores": round(cores["postgres"], 1),
        "connections": 12 * (web + workers + 2),
        "redis cores": round(cores["valkey"], 1),
        "redis MB": round(kept * (mean_tokens * BYTES_PER_TOKEN + LOG_BYTES) / 1e6),
        "redis out MB/s": round(published * web / 1e6),
    }


def limits(need: dict[str, float]) -> list[str]:
    """Return a sentence for each limit of one Redis or one Postgres that the need exceeds."""
    found = []
    if need["redis cores"] > BUSY:
        found.append(f"Redis runs commands on one core and needs {need['redis cores']}")
    if need["redis out MB/s"] > REDIS_BYTES_PER_SECOND / 1e6:
        found.append(f"every web process hears every token: {need['redis out MB/s']:.0f} MB/s leave Redis")
    if need["connections"] > 200:
        found.append("Postgres connections beyond the 200 as shipped: raise max_connections, or lower the pools")
    return found


def costs_of(rows: Sequence[dict[str, Any]]) -> dict[str, Cost]:
    """Solve the costs from runs of two lengths and two numbers of streams, by least squares."""
    names = [name for name in MEASURED if name in rows[0]["by_program"]]
    return {name: _fit([(_parts(row), row["by_program"][name] * 1000) for row in rows]) for name in names}


def _parts(row: dict[str, Any]) -> tuple[float, float, float]:
    """Return messages, tokens and seconds of the whole process for each 1,000 tokens of a run."""
    return 1000 / row["tokens"], 1000.0, 1000 / (row["streams"] * PER_SECOND * min(1.0, row["rate"]))


def _fit(samples: Sequence[tuple[tuple[float, float, float], float]]) -> Cost:
    """Return the best-fitting costs, none below 0: coordinate descent on the squared errors."""
    found = [0.0, 0.0, 0.0]
    for _ in range(5_000):
        for part in range(3):
            others = [
                spent - sum(parts[other] * found[other] for other in range(3) if other != part)
                for parts, spent in samples
            ]
            squares = sum(parts[part] ** 2 for parts, _ in samples)
            found[part] = max(
                0.0, sum(parts[part] * rest for (parts, _), rest in zip(samples, others, strict=True)) / squares
            )
    return Cost(*found)


def check(rows: Iterable[dict[str, Any]], costs: dict[str, Cost]) -> None:
    """Print each measured run beside the model."""
    print(f"\n{'streams':>8} {'tokens':>7} {'measured':>9} {'model':>7}   CPU-s per 1,000 tokens")
    for row in rows:
        messages, tokens, seconds = _parts(row)
        model = sum(c.message * messages + c.token * tokens + c.second * seconds for c in costs.values()) / 1000
        measured = sum(row["by_program"][name] for name in costs)
        print(f"{row['streams']:>8} {row['tokens']:>7} {measured:>9.3f} {model:>7.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--streams", type=int, nargs="+", default=[1_000, 10_000, 30_000, 100_000])
    parser.add_argument("--tokens", type=int, default=400)
    parser.add_argument("--figures", type=Path)
    given = parser.parse_args()
    rows = []
    if given.figures:
        rows = [row for row in json.loads(given.figures.read_text())["rows"] if row["path"] == "browser"]
    costs = costs_of(rows) if rows else MEASURED
    for name, cost in costs.items():
        print(f"{name:>9}: a message {cost.message:.0f} ms, a token {cost.token:.3f} ms, a second {cost.second:.0f} ms")
    chance = random.Random(1)  # noqa: S311 - the same people each time
    found = [needs(simulate(streams, given.tokens, chance), costs, given.tokens) for streams in given.streams]
    print()
    for name in found[0]:
        print(f"{name:>15}: " + "".join(f"{need[name]:>12,}" for need in found))
    for streams, need in zip(given.streams, found, strict=True):
        print(f"\n{streams:,} streams: {'; '.join(limits(need)) or 'one Redis and one Postgres do'}")
    if rows:
        check(rows, costs)


if __name__ == "__main__":
    main()
