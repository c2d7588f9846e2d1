"""Kill programs of a whole stack under twenty numbered replies: each reply ends as 1 to N at every viewer.

The stack starts as ``make run`` starts it. The viewers are outside: half are tabs with a WebSocket, half follow the
API's events. The model server knows replies by their questions, so it can say how many streams each reply took.
"""

import asyncio
import os
import shutil
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator

import pytest

from apps.embedded import programs
from apps.embedded.ports import HOST, free_port
from tests.faults.soak import open_http
from tests.faults.storm import Site, Storm
from tests.support.services import Running

pytestmark = pytest.mark.faults

STREAMS = 20
LENGTH = 150
SPREAD = 50  # over two workers, so many that each has some


@pytest.fixture
async def storm(site: Site, request: pytest.FixtureRequest) -> AsyncIterator[Storm]:
    """Twenty replies well under way, of as many numbers as a test names, or 150; none can end by itself."""
    async with open_http() as http:
        await site.sign_in(http)
        storm = Storm(site, http)
        length = getattr(request, "param", LENGTH)
        storm.begin(STREAMS, length=length, per_second=20, more=f"and hold at {length - 5}")
        try:
            await storm.until_under_way()
            yield storm
        finally:
            storm.end()


async def test_the_web_process_is_killed(storm: Storm) -> None:
    connections = [viewer.connections for viewer in storm.viewers]
    storm.kill("web")
    await storm.until_over()
    assert all(viewer.connections > before for viewer, before in zip(storm.viewers, connections, strict=True))
    assert [storm.streams_of(viewer) for viewer in storm.viewers] == [1] * STREAMS


@pytest.mark.parametrize("name", ["valkey", "postgres"])
async def test_a_store_is_killed(storm: Storm, name: str) -> None:
    killed = storm.site.stack.pid_of(name)
    storm.kill(name)
    await storm.until_back(name, killed)
    await storm.until_over()
    assert [storm.streams_of(viewer) for viewer in storm.viewers] == [1] * STREAMS


async def test_valkey_is_killed_and_its_file_is_lost(storm: Storm) -> None:
    killed = storm.site.stack.pid_of("valkey")
    shutil.rmtree(storm.site.stack.layout.valkey_data / "appendonlydir")
    storm.kill("valkey")
    await storm.until_back("valkey", killed)
    await storm.until_over()
    assert [storm.streams_of(viewer) for viewer in storm.viewers] == [1] * STREAMS


async def test_the_worker_is_killed(storm: Storm) -> None:
    storm.kill("worker")
    await storm.until_over()
    assert [storm.streams_of(viewer) for viewer in storm.viewers] == [2] * STREAMS


async def test_the_worker_is_asked_to_stop(storm: Storm) -> None:
    os.kill(storm.site.stack.pid_of("worker"), signal.SIGTERM)
    await storm.until_over()
    assert [storm.streams_of(viewer) for viewer in storm.viewers] == [2] * STREAMS


async def test_everything_is_killed_at_once(storm: Storm) -> None:
    storm.kill("web", "worker", "valkey", "postgres")
    await storm.until_over()
    assert [storm.streams_of(viewer) for viewer in storm.viewers] == [2] * STREAMS


@pytest.mark.parametrize(("failure", "count"), [("reset", STREAMS), ("cut", 2), ("fail", 2)])
async def test_the_model_server_breaks_off(site: Site, failure: str, count: int) -> None:
    async with open_http() as http:
        await site.sign_in(http)
        storm = Storm(site, http)
        storm.begin(count, length=60, per_second=20, more=f"and {failure} at 30")
        try:
            await storm.until_over()
            assert [storm.streams_of(viewer) for viewer in storm.viewers] == [2] * count
        finally:
            storm.end()


@pytest.mark.parametrize("storm", [900], indirect=True)
async def test_stop_from_elsewhere(storm: Storm) -> None:
    """A stopped reply stops at the model server too, and its text stays as every viewer saw it."""
    await asyncio.gather(*(viewer.stop() for viewer in storm.viewers))
    await storm.until(lambda: not storm.waiting)
    assert {viewer.state for viewer in storm.viewers} == {"cancelled"}
    assert all(len(viewer.text) < len(viewer.wanted) for viewer in storm.viewers)
    await storm.until_settled()
    assert [storm.streams_of(viewer) for viewer in storm.viewers] == [1] * STREAMS


@pytest.fixture
def second_worker(site: Site) -> Iterator[Running]:
    worker = site.stack.start_beside(programs.worker(), until=lambda log: " ready." in log)
    yield worker
    worker.kill()


@pytest.fixture
def second_web(site: Site) -> Iterator[tuple[Running, str]]:
    """Another web process, and its address."""
    port = free_port()
    address = f"http://{HOST}:{port}"
    web = site.stack.start_beside(programs.web(port), PORT=str(port), until=lambda _: site.stack.answers(address))
    yield web, address
    web.kill()


async def test_one_of_two_web_processes_and_one_of_two_workers_are_killed(
    site: Site, second_worker: Running, second_web: tuple[Running, str]
) -> None:
    """Viewers go from one web process to the other; the killed ones stay dead: what they knew is never needed."""
    web, elsewhere = second_web
    here = site.stack.site
    async with open_http() as http:
        await site.sign_in(http)
        storm = Storm(site, http)
        try:
            for viewer in storm.begin(SPREAD, length=LENGTH, per_second=20, more=f"and hold at {LENGTH - 5}"):
                viewer.site = elsewhere if storm.viewers.index(viewer) % 4 < 2 else here  # tabs and programs at both
            await storm.until_under_way()
            before = {viewer: viewer.connections for viewer in storm.viewers}
            for viewer in storm.viewers:
                viewer.site = here if viewer.site == elsewhere else elsewhere
                viewer.reload()
            await storm.until(lambda: all(viewer.connections > before[viewer] for viewer in storm.viewers))
            web.kill()
            second_worker.kill()
            for viewer in storm.viewers:
                viewer.site = here  # where a proxy sends those whose web process is gone
            await storm.until_over()
            streams = Counter(map(storm.streams_of, storm.viewers))
        finally:
            storm.end()
    assert set(streams) == {1, 2}, f"the killed worker wrote some replies and the other one the rest: {streams}"
