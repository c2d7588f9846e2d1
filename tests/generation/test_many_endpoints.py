"""Five servers, four of them in trouble: replies come from the one that is well, and no page asks any of them."""

from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from apps.accounts.models import User
from apps.embedded.ports import free_port
from apps.endpoints.models import Endpoint, Health
from apps.endpoints.services import add_endpoint
from apps.endpoints.services.probe import probe_endpoints
from apps.generation.models import State
from tests.endpoints.moody_server import SLOW_SECONDS, MoodyServer, moody_servers
from tests.generation.conftest import ask, numbers
from tests.generation.test_worker import ended, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("celery_worker_process")]


@pytest.fixture
def servers(settings: Settings, db: None) -> Iterator[dict[str, MoodyServer]]:
    settings.ENDPOINT_PROBE_TIMEOUT_SECONDS = 6.0
    settings.ENDPOINT_SLOW_SECONDS = SLOW_SECONDS / 2
    with moody_servers("hanging", "slow", "overloaded", "healthy") as running:
        for priority, mood in enumerate(["healthy", "overloaded", "slow", "hanging"]):
            add(mood, running[mood].url, priority)
        add("dead", f"http://127.0.0.1:{free_port()}", priority=9)
        yield running


def add(name: str, url: str, priority: int) -> None:
    """The worse the server, the more it is preferred: only its health speaks against it."""
    add_endpoint(
        name=name, url=url, protocol="openai", variant="instruct", size="7B", max_concurrency=50, priority=priority
    )


TRUE_HEALTHS = {
    "dead": Health.DOWN,
    "hanging": Health.DOWN,
    "slow": Health.DEGRADED,
    "overloaded": Health.DEGRADED,
    "healthy": Health.HEALTHY,
}


def probed() -> dict[str, str]:
    probe_endpoints()
    return dict(Endpoint.objects.values_list("name", "health"))


def test_the_healthy_one_answers_everybody(alice: User, servers: dict[str, MoodyServer]) -> None:
    wait_until(lambda: probed() == TRUE_HEALTHS)  # a busy machine makes the healthy one slow at times
    generations = [ended(ask(alice, f"count to {number}")) for number in range(1, 21)]
    for number, generation in enumerate(generations, start=1):
        assert (generation.state, generation.text) == (State.SUCCEEDED, numbers(number))
        assert generation.endpoint is not None
        assert generation.endpoint.name == "healthy"


def test_many_at_once_wait_for_the_healthy_one_before_anything_is_known(
    alice: User, servers: dict[str, MoodyServer]
) -> None:
    Endpoint.objects.filter(name__in=["hanging", "slow", "overloaded"]).update(state="disabled")
    Endpoint.objects.filter(name="healthy").update(max_concurrency=1)
    assert set(Endpoint.objects.values_list("health", flat=True)) == {Health.UNKNOWN}
    asked = [ask(alice, "count to 3") for _ in range(8)]
    for generation in map(ended, asked):
        assert (generation.state, generation.text) == (State.SUCCEEDED, numbers(3)), generation.error
    assert Endpoint.objects.get(name="dead").health == Health.DOWN


def test_pages_ask_no_server(client: Client, alice: User, servers: dict[str, MoodyServer]) -> None:
    staff = User.objects.create_superuser("staff")
    client.force_login(staff)
    for path in ("/", "/guide/", "/chat/", "/endpoints/", "/admin/", "/admin/endpoints/endpoint/"):
        assert client.get(path).status_code == 200
    assert [server.requests for server in servers.values()] == [[], [], [], []]
    probe_endpoints()
    assert all(server.requests for server in servers.values()), "they can be asked, so this test means something"
