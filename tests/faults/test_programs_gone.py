"""Kill programs of a whole stack under twenty numbered replies: each reply ends as 1 to N at every viewer.

The stack starts as ``make run`` starts it. The viewers are outside: half are tabs with a WebSocket, half follow the
API's events. The model server knows replies by their questions, so it can say how many streams each reply took.
"""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Iterator

import pytest

from apps.embedded.ports import free_port
from tests.faults.soak import open_http
from tests.faults.stack import Stack
from tests.faults.storm import VARIABLES, Site, Storm, model_server

pytestmark = pytest.mark.faults

STREAMS = 20


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running stack of its own, with a model server that counts."""
    stack = Stack(tmp_path_factory.mktemp("site") / "data", free_port(), {**VARIABLES, "SECRET_KEY": ""})
    try:
        stack.begin_prepared()
        stack.start_and_wait()
        with model_server() as model:
            site = Site(stack, model)
            site.prepare()
            yield site
    finally:
        stack.end()


@pytest.fixture
async def storm(site: Site, request: pytest.FixtureRequest) -> AsyncIterator[Storm]:
    """Twenty replies well under way, of as many numbers as a test names, or 150; none can end by itself."""
    async with open_http() as http:
        await site.sign_in(http)
        storm = Storm(site, http)
        length = getattr(request, "param", 150)
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
