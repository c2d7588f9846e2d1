"""Kill programs at random under many replies: ``make soak`` (``SOAK_MINUTES=30``, ``SOAK_SEED``).

    python -m tests.faults.soak

Fifty numbered replies are under way, watched in tabs and through the API, while web, worker, Valkey and Postgres are
killed, alone and together, and pages are reloaded. Every reply must end as 1 to N at its viewer, at one who comes
later, and with nothing left open at the model server.

The model holds each reply's last numbers, so that no reply ends before a fault hits it, even on a slow machine.
"""

import asyncio
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from apps.embedded.ports import free_port
from tests.faults.stack import Stack
from tests.faults.storm import VARIABLES, Site, Storm, model_server

STREAMS = 50
PER_SECOND = 15
LENGTHS = (150, 700)
HELD = 5  # numbers that the model holds at the end of a reply
# Events, and the weight of each in the random choice.
FAULTS = {
    "reload": 4,
    "web": 2,
    "worker": 2,
    "valkey": 2,
    "postgres": 2,
    "web + worker": 1,
    "valkey + postgres": 1,
    "worker + valkey": 1,
    "worker + postgres": 1,
    "web + worker + valkey + postgres": 1,
}
PAUSES = (1.0, 12.0)  # seconds between two faults
HURRIED = 0.3  # share of faults that do not wait for the recovery from the last one


@dataclass(frozen=True)
class Course:
    """The order of events, and the parts left to ``chance``: lengths of replies, and pauses."""

    faults: Iterable[str]
    chance: random.Random
    lengths: tuple[int, int] = LENGTHS
    pauses: tuple[float, float] = PAUSES


async def soak(site: Site, course: Course, *, say: Callable[[str], None]) -> Storm:
    """Run the course of faults, then wait for every reply's end."""
    async with open_http() as http:
        await site.sign_in(http)
        storm = Storm(site, http, course.chance)
        try:
            await _let_happen(storm, course, say)
            say(f"waiting for the last of {len(storm.viewers)} replies")
            await storm.until_over()
        finally:
            storm.end()
    return storm


async def _let_happen(storm: Storm, course: Course, say: Callable[[str], None]) -> None:
    chance = course.chance
    topping_up = asyncio.create_task(_keep_up(storm, course.lengths))
    try:
        await storm.until(lambda: len(storm.running) == STREAMS)
        for fault in course.faults:
            await storm.during(asyncio.sleep(chance.uniform(*course.pauses)))
            if topping_up.done():
                topping_up.result()
            if chance.random() > HURRIED:
                await storm.until(storm.has_recovered)
            await storm.until(lambda: storm.running)
            await _do(storm, fault, say)
        await storm.let_go(storm.viewers)
        await storm.until(lambda: len(storm.viewers) > STREAMS)
    finally:
        topping_up.cancel()
        await asyncio.wait([topping_up])


def random_faults(chance: random.Random, *, seconds: float) -> Iterator[str]:
    """Yield random faults, by their weights, for that many seconds."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        yield chance.choices(list(FAULTS), list(FAULTS.values()))[0]


def open_http() -> aiohttp.ClientSession:
    jar = aiohttp.CookieJar(unsafe=True)  # unsafe: keep cookies of an IP address
    return aiohttp.ClientSession(cookie_jar=jar, connector=aiohttp.TCPConnector(limit=0))


async def _keep_up(storm: Storm, lengths: tuple[int, int]) -> None:
    while True:
        missing = STREAMS - len(storm.waiting)
        for _ in range(missing):
            length = storm.chance.randint(*lengths)
            storm.begin(1, length=length, per_second=PER_SECOND, more=f"and hold at {length - HELD}")
        await asyncio.sleep(0.5)


async def _do(storm: Storm, fault: str, say: Callable[[str], None]) -> None:
    """Cause one event, and release the replies that it hit."""
    met = storm.running
    say(f"{fault}, {len(met)} replies running")
    if fault == "reload":
        storm.reload(STREAMS // 2)
    else:
        storm.kill(*fault.split(" + "))
    await storm.let_go(met)


def main() -> None:
    minutes, seed = float(os.environ.get("SOAK_MINUTES", "30")), int(os.environ.get("SOAK_SEED", time.time()))
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:7.1f} s  {line}", flush=True)  # noqa: T201

    keep = "SOAK_KEEP" in os.environ  # keep the logs for debugging
    with tempfile.TemporaryDirectory(prefix="workbench-soak-", delete=not keep) as folder, model_server() as model:
        Path(folder).chmod(0o755)  # Postgres runs as another user
        stack = Stack(Path(folder) / "data", free_port(), dict(VARIABLES))
        say(f"{minutes:g} minutes, SOAK_SEED={seed}")
        try:
            stack.start_and_wait()
            site = Site(stack, model)
            site.prepare()
            chance = random.Random(seed)  # noqa: S311 - not a secret
            storm = asyncio.run(soak(site, Course(random_faults(chance, seconds=60 * minutes), chance), say=say))
        except BaseException:
            say(stack.console)
            raise
        finally:
            stack.end()
    say(f"{len(storm.viewers)} replies, every one complete, none open at the model server")
    print(storm.report())  # noqa: T201


if __name__ == "__main__":
    main()
