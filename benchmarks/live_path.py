"""Measure a reply on the path that people take: its cost, and the lateness of its text.

    uv run python -m benchmarks.live_path [--streams 16 32 100] [--tokens 200 1000] [--runs 3] [--json FILE]

Each person is signed in separately, posts the composer's form and follows the reply on the conversation's socket. The
model stamps each token with the time at which it was sent, 50 tokens a second, the first after 50 ms. Processor time is
that of web, worker, clock, Valkey and Postgres; the model and this client are not counted. The same client straight at
the model server is the floor. Medians of the runs are printed, and written as JSON.
"""

import argparse
import asyncio
import json
import re
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import aiohttp

from benchmarks.stack import Stack, processor_seconds, sign_in  # sets Django up

# isort: split
from django.db import connection

from apps.chat.live.cursor import Cursor
from apps.chat.live.moments import moment_now
from apps.chat.models import Conversation
from apps.chat.services.send import start_conversation
from apps.embedded import programs
from apps.embedded.program import Program
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation
from apps.stores.redis import sync_client
from benchmarks.stamping_model import FIRST_TOKEN_SECONDS, milliseconds
from benchmarks.streams import memory

PER_SECOND = 50
STAMP = re.compile(r"t(\d+)x(\d+)")
CARRIED_RATE = 0.9  # of the model's pace


@dataclass
class Person:
    """One signed-in person with a conversation, and what was seen of the reply."""

    cookie: str
    conversation: Conversation
    posted: float = 0.0
    posted_ms: int = 0
    first_ms: float = 0.0
    last: float = 0.0
    relay: list[int] = field(default_factory=list)
    seen: int = 0
    is_over: bool = False

    def take(self, text: str) -> None:
        """Note every token that is new in ``text``."""
        now = milliseconds()
        for number, stamp in STAMP.findall(text):
            if int(number) >= self.seen and int(stamp) >= self.posted_ms:  # not of an earlier reply
                if not self.seen:
                    self.first_ms = (time.perf_counter() - self.posted) * 1000
                self.seen = int(number) + 1
                self.relay.append(now - int(stamp))
                self.last = time.perf_counter()


class LivePathStack(Stack):
    """The stack with a clock, and a model that stamps."""

    def __init__(self) -> None:
        super().__init__()
        self.stamping = self._run(Program("stamping", (sys.executable, "-m", "benchmarks.stamping_model")))
        self.stamping.wait_until(lambda: "http://" in self.stamping.log.read_text())
        self.model_url = self.stamping.log.read_text().split()[0]
        Endpoint.objects.all().delete()
        add_endpoint(name="stamping", url=self.model_url, protocol="openai", variant="instruct", max_concurrency=10_000)
        self.beat = self._run(programs.beat(self.layout))

    def processes(self) -> dict[str, Any]:
        import psutil  # noqa: PLC0415

        found = super().processes()
        return {**found, "beat": [psutil.Process(self.beat.process.pid)]}

    def stop(self) -> None:
        self.beat.stop()
        self.stamping.stop()
        super().stop()


async def follow(person: Person, site: str, session: aiohttp.ClientSession, question: str) -> None:
    """Open the conversation's socket, post the form, and read the reply to its end."""
    address = f"{site}{person.conversation.get_absolute_url()}"
    headers = {"Cookie": f"{person.cookie}; csrftoken={'c' * 32}", "Origin": site, "Referer": address}
    cursor = urlencode({"since": str(Cursor(moment_now().isoformat()))})
    socket = f"{site}/ws/chat/{person.conversation.pk}/?{cursor}"
    async with session.ws_connect(socket, headers=headers, max_msg_size=0) as frames:
        await frames.receive()  # the first heartbeat
        person.posted, person.posted_ms = time.perf_counter(), milliseconds()
        posting = asyncio.create_task(post(session, address, headers, question))
        async for frame in frames:
            text = frame.data
            person.take(text)
            if 'data-role="assistant" data-state="succeeded"' in text and person.seen:
                person.is_over = True
                break
        await posting


async def post(session: aiohttp.ClientSession, address: str, headers: dict[str, str], question: str) -> None:
    form = {"message": question, "key": str(uuid4()), "csrfmiddlewaretoken": "c" * 32}
    async with session.post(address, data=form, headers={**headers, "HX-Request": "true"}) as answer:
        body = await answer.text()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {body[:300]}")


async def straight(person: Person, url: str, session: aiohttp.ClientSession, question: str) -> None:
    """Ask the model server itself, with the same client."""
    person.posted, person.posted_ms = time.perf_counter(), milliseconds()
    body = {"messages": [{"role": "user", "content": question}], "stream": True}
    async with session.post(f"{url}/v1/chat/completions", json=body) as answer:
        async for line in answer.content:
            person.take(line.decode())
    person.is_over = True


def people(count: int) -> list[Person]:
    """Sign in that many people and give each a conversation with one reply."""
    found = []
    for number in range(count):
        user, cookie = sign_in(f"bench-{number}")
        conversation = Conversation.objects.filter(owner=user).first()
        if conversation is None:
            conversation = start_conversation(owner=user, text="stamp 1 at 50 per second").conversation
        found.append(Person(cookie, conversation))
    give_up = time.monotonic() + 120
    while Generation.objects.active().exists() and time.monotonic() < give_up:
        time.sleep(0.2)
    return found


async def everybody(persons: Sequence[Person], stack: LivePathStack, tokens: int, *, is_floor: bool) -> int:
    question = f"stamp {tokens} at {PER_SECOND} per second"
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()
    ) as session:
        tasks = []
        for person in persons:
            asking = (
                straight(person, stack.model_url, session, question)
                if is_floor
                else follow(person, stack.site, session, question)
            )
            tasks.append(asyncio.create_task(asking))
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
    """Run that many replies at once and return the figures."""
    persons = people(streams)
    before, commands = processor_seconds(stack.processes()), redis_calls()
    failed = asyncio.run(everybody(persons, stack, tokens, is_floor=is_floor))
    time.sleep(1.0)  # ends are stored
    after = processor_seconds(stack.processes())
    calls = redis_calls() - commands
    written = streams * tokens
    spent = {name: after[name] - before.get(name, 0.0) for name in after}
    relay = [late for person in persons for late in person.relay]
    added = [person.first_ms - FIRST_TOKEN_SECONDS * 1000 for person in persons if person.first_ms]
    seconds = [person.last - person.posted for person in persons if person.last]
    return {
        "streams": streams,
        "tokens": tokens,
        "path": "floor" if is_floor else "browser",
        "whole": sum(person.is_over and person.seen == tokens for person in persons),
        "failed": failed,
        "rate": tokens / PER_SECOND / statistics.median(seconds) if seconds else 0.0,
        "cpu_per_1000": sum(spent.values()) / (written / 1000),
        "by_program": {name: round(figure / (written / 1000), 4) for name, figure in spent.items()},
        "first_p50": percentile(added, 0.5),
        "first_p99": percentile(added, 0.99),
        "relay_p50": percentile(relay, 0.5),
        "relay_p99": percentile(relay, 0.99),
        "redis_per_token": calls / written,
        "memory_mb": round(sum(memory(stack.processes()).values())),
    }


def redis_calls() -> int:
    """Return the number of commands that Redis has run, scripts' commands included."""
    stats: dict[str, Any] = sync_client().info("commandstats")  # type: ignore[assignment]
    return sum(entry["calls"] for entry in stats.values())


@contextmanager
def statements_logged(stack: Stack) -> Iterator[list[str]]:
    """Collect the SQL statements that other programs send meanwhile."""
    log = next(server.log for server in stack.services.running if server.program.name == "postgres")
    found: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute("ALTER SYSTEM SET log_min_duration_statement = 0")
        cursor.execute("SELECT pg_reload_conf()")
    time.sleep(0.5)
    start = log.stat().st_size
    yield found
    with connection.cursor() as cursor:
        cursor.execute("ALTER SYSTEM RESET log_min_duration_statement")
        cursor.execute("SELECT pg_reload_conf()")
    with log.open(errors="replace") as lines:
        lines.seek(start)
        # psycopg parses, binds and executes: only what is executed counts.
        found += re.findall(r"duration: [\d.]+ ms  (?:statement|execute [^:]*): (.*)", lines.read())


def statements_per_message(stack: LivePathStack, streams: int = 8) -> tuple[float, dict[str, int]]:
    """Count the SQL statements of a message of 25 tokens, its socket, checkpoints and the clock included."""
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
        time.sleep(5.0)  # until every program has started
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
