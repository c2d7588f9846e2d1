"""Two web and two worker processes: what one of them knows is never needed.

Fifty replies are spread over both of each. Viewers go from one web process to the other, then one web process and one
worker are killed and stay dead: each reply ends as 1 to N at its viewer.
"""

from collections import Counter
from collections.abc import Iterator

import pytest

from apps.embedded import programs
from apps.embedded.ports import HOST, free_port
from tests.faults.soak import open_http
from tests.faults.stack import Stack
from tests.faults.storm import VARIABLES, Site, Storm, model_server
from tests.support.services import Running

pytestmark = pytest.mark.faults

STREAMS = 50
LENGTH = 150


@pytest.fixture
def site(stack: Stack) -> Iterator[Site]:
    stack.variables.update(VARIABLES, SECRET_KEY="")
    stack.begin_prepared()
    stack.start_and_wait()
    with model_server() as model:
        site = Site(stack, model)
        site.prepare()
        yield site


@pytest.fixture
def second_worker(site: Site) -> Running:
    return site.stack.start_beside(programs.worker(), until=lambda log: " ready." in log)


@pytest.fixture
def second_web(site: Site) -> tuple[Running, str]:
    """Another web process, and its address."""
    port = free_port()
    address = f"http://{HOST}:{port}"
    web = site.stack.start_beside(programs.web(port), PORT=str(port), until=lambda _: site.stack.answers(address))
    return web, address


async def test_one_web_process_and_one_worker_are_killed(
    site: Site, second_worker: Running, second_web: tuple[Running, str]
) -> None:
    web, elsewhere = second_web
    here = site.stack.site
    async with open_http() as http:
        await site.sign_in(http)
        storm = Storm(site, http)
        try:
            for viewer in storm.begin(STREAMS, length=LENGTH, per_second=20, more=f"and hold at {LENGTH - 5}"):
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
