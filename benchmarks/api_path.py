"""Measure the API: streams side by side, and an editor's short completions, beside the model server asked directly.

    uv run python -m benchmarks.api_path [--streams 16 100] [--tokens 200] [--short 50] [--json FILE]

The model stamps each token with the time at which it was sent. Processor time is that of web, worker, beat, Valkey and
Postgres; the model and this client are not counted. A short completion is three tokens, asked for one after the other.
"""

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.live_path import rounded, row_of, show
from benchmarks.live_stack import LivePathStack, redis_calls, statements_logged
from benchmarks.people import PER_SECOND, Person
from benchmarks.stack import processor_seconds

# isort: split
from apps.accounts.keys.api_keys import issue_api_key
from apps.accounts.models import User

SHORT_TOKENS = 3
WARM_UP = 10


@dataclass
class Caller:
    """A caller's API key and the address to ask: the site's or the model server's."""

    address: str
    key: str = ""
    seconds: list[float] = field(default_factory=list)

    async def ask(self, http: aiohttp.ClientSession, tokens: int, per_second: int, person: Person) -> None:
        """Stream one reply to its end."""
        body = {
            "model": "code-llama-instruct",
            "messages": [{"role": "user", "content": f"stamp {tokens} at {per_second} per second"}],
            "stream": True,
        }
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        person.begin()
        async with http.post(f"{self.address}/v1/chat/completions", json=body, headers=headers) as answer:
            async for line in answer.content:
                person.take(line.decode())
        person.is_over = person.seen == tokens
        self.seconds.append(time.perf_counter() - person.posted)


def api_caller(stack: LivePathStack) -> Caller:
    owner, _ = User.objects.get_or_create(username="bench-api")
    return Caller(stack.site, issue_api_key(owner=owner))


async def side_by_side(caller: Caller, persons: Sequence[Person], tokens: int) -> int:
    """Start a reply per person, spread over one second, and return how many failed."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        tasks = []
        for person in persons:
            tasks.append(asyncio.create_task(caller.ask(http, tokens, PER_SECOND, person)))
            await asyncio.sleep(1.0 / len(persons))
        answers = await asyncio.gather(*tasks, return_exceptions=True)
    return sum(isinstance(answer, BaseException) for answer in answers)


def measure_streams(stack: LivePathStack, caller: Caller, streams: int, tokens: int) -> dict[str, Any]:
    """Return the figures of ``streams`` replies through the API at once."""
    persons = [Person() for _ in range(streams)]
    before, commands = processor_seconds(stack.processes()), redis_calls()
    failed = asyncio.run(side_by_side(caller, persons, tokens))
    return row_of(stack.processes(), "api", persons, tokens, failed=failed, before=before, commands=commands)


def measure_short(stack: LivePathStack, caller: Caller, count: int) -> dict[str, Any]:
    """Return what the API adds to three tokens at once, its CPU and its SQL statements."""
    direct = Caller(stack.model_url)
    asyncio.run(_one_by_one((direct, caller), WARM_UP))
    caller.seconds.clear()
    direct.seconds.clear()
    before = processor_seconds(stack.processes())
    asyncio.run(_one_by_one((direct, caller), count))
    time.sleep(1.0)
    after = processor_seconds(stack.processes())
    with statements_logged(stack) as statements:
        asyncio.run(_one_by_one((caller,), 1))
        time.sleep(1.0)
    alone, through = (1000 * statistics.median(each.seconds) for each in (direct, caller))
    spent = {name: 1000 * (after[name] - before.get(name, 0.0)) / count for name in after}
    return {
        "direct_ms": alone,
        "api_ms": through,
        "added_ms": through - alone,
        "cpu_ms": sum(spent.values()),
        "by_program": rounded(spent),
        "sql": len(statements),
        "statements": statements,
    }


async def _one_by_one(callers: Sequence[Caller], count: int) -> None:
    """Let the callers ask in turn, one at a time."""
    async with aiohttp.ClientSession() as http:
        for _ in range(count):
            for caller in callers:
                await caller.ask(http, SHORT_TOKENS, 1000, Person())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--streams", type=int, nargs="+", default=[16, 100])
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--short", type=int, default=50)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    stack = LivePathStack()
    try:
        caller = api_caller(stack)
        short = measure_short(stack, caller, given.short)
        print({name: figure for name, figure in short.items() if name != "statements"})
        rows = [measure_streams(stack, caller, streams, given.tokens) for streams in given.streams]
        show(rows)
        if given.json:
            given.json.write_text(json.dumps({"short": short, "rows": rows}, indent=2))
    finally:
        stack.stop()


if __name__ == "__main__":
    main()
