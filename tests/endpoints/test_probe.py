"""Probes: every server at once, none waited for beyond its timeout, and what they find."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from ipaddress import ip_network
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

import pytest
from django.core import serializers
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from apps.embedded.ports import HOST, free_port
from apps.endpoints.health.sentences import describe_health
from apps.endpoints.models import Endpoint, EndpointChange, Health, Observation
from apps.endpoints.services import set_endpoint_state
from apps.endpoints.services.probe import LOCK, probe_endpoints
from apps.endpoints.slots import Bid, take_slot
from apps.endpoints.tasks import probe
from apps.stores.redis import sync_client
from project.celery import app as celery_app
from tests.endpoints.conftest import PLAIN_TOKEN, Add
from tests.endpoints.moody_server import SLOW_SECONDS, MoodyServer, is_for_reply, moody_servers

pytestmark = pytest.mark.usefixtures("services", "quick_probes")


TIMEOUT = 6.0
ALL_MOODS = ("healthy", "slow", "overloaded", "hanging", "refusing", "failing", "nonsense", "picky", "stuck")


@pytest.fixture
def quick_probes(settings: Settings) -> None:
    settings.ENDPOINT_PROBE_TIMEOUT_SECONDS = TIMEOUT
    settings.ENDPOINT_SLOW_SECONDS = SLOW_SECONDS / 2


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, MoodyServer]]:
    with moody_servers(*ALL_MOODS) as running:
        yield running


@pytest.fixture
def add_moody(add: Add, servers: dict[str, MoodyServer]) -> Add:
    """Add the server of a mood, under that name."""

    def add_one(mood: str, as_name: str = "", **facts: Any) -> Endpoint:
        url = f"http://{HOST}:{free_port()}" if mood == "dead" else servers[mood].url
        return add(as_name or mood, **{"url": url, "protocol": "openai", **facts})

    return add_one


def health_of(name: str) -> tuple[str, str]:
    endpoint = Endpoint.objects.get(name=name)
    return endpoint.health, endpoint.health_reason


def chats(server: MoodyServer) -> int:
    return sum(map(is_for_reply, server.requests))


def one_round() -> int:
    """In a thread of its own, which gives its connection back."""
    try:
        return probe_endpoints()
    finally:
        connection.close()


def test_dead_hanging_slow_overloaded_and_healthy_within_one_timeout(add_moody: Add) -> None:
    for mood in ("dead", "hanging", "slow", "overloaded", "healthy"):
        add_moody(mood)
        add_moody(mood, as_name=f"another {mood}")
    started = monotonic()
    assert probe_endpoints() == 10
    assert monotonic() - started < 2 * TIMEOUT  # one after the other, the two that hang alone would take that long
    for prefix in ("", "another "):
        assert health_of(f"{prefix}healthy") == (Health.HEALTHY, "")
        assert health_of(f"{prefix}slow") == (Health.DEGRADED, "answered slowly")
        assert health_of(f"{prefix}overloaded") == (Health.DEGRADED, "was busy")
        assert health_of(f"{prefix}dead") == (Health.DOWN, "could not be reached")
        assert health_of(f"{prefix}hanging") == (Health.DOWN, "timed out")


@pytest.mark.parametrize(
    ("mood", "health", "kind", "reason"),
    [
        ("refusing", Health.DOWN, "AuthenticationFailed", "refused its token"),
        ("failing", Health.DOWN, "ServerError", "reported a failure of its own"),
        ("nonsense", Health.DOWN, "ProtocolError", "answered with a web page, not a model API"),
        ("picky", Health.DEGRADED, "InvalidRequest", "refused a reply of one token"),
    ],
)
def test_each_failure_has_its_reason(add_moody: Add, mood: str, health: Health, kind: str, reason: str) -> None:
    add_moody(mood)
    probe_endpoints()
    assert health_of(mood) == (health, reason)
    observation = Observation.objects.get()
    assert (observation.kind, observation.ok, observation.error_kind) == ("probe", False, kind)


def test_who_answers_questions_and_is_late_with_a_reply_gets_a_second_chance(add_moody: Add) -> None:
    add_moody("stuck")
    for health in (Health.DEGRADED, Health.DOWN):
        probe_endpoints()
        assert health_of("stuck") == (health, "timed out")


def test_a_probe_is_kept_with_its_figures(add_moody: Add) -> None:
    add_moody("slow")
    probe_endpoints()
    observation = Observation.objects.get()
    assert (observation.kind, observation.ok, observation.error_kind) == ("probe", True, "")
    assert observation.seconds_to_first_token is not None
    assert observation.duration is not None
    assert SLOW_SECONDS <= observation.seconds_to_first_token <= observation.duration < TIMEOUT
    endpoint = Endpoint.objects.get()
    assert endpoint.last_probed_at is not None
    assert endpoint.last_generated_at is not None


def test_draining_ones_are_probed_and_disabled_ones_left_alone(add_moody: Add, servers: dict[str, MoodyServer]) -> None:
    add_moody("healthy")
    add_moody("failing")
    set_endpoint_state(name="healthy", state="draining")
    set_endpoint_state(name="failing", state="disabled")
    before = len(servers["healthy"].requests), len(servers["failing"].requests)
    assert probe_endpoints() == 1
    assert len(servers["healthy"].requests) > before[0]
    assert len(servers["failing"].requests) == before[1]
    assert health_of("failing") == (Health.UNKNOWN, "")


def test_a_reply_is_asked_for_at_its_own_rate(add_moody: Add, servers: dict[str, MoodyServer]) -> None:
    add_moody("healthy")
    start = chats(servers["healthy"])
    probe_endpoints()
    probe_endpoints()
    assert chats(servers["healthy"]) == start + 1
    Endpoint.objects.update(last_generated_at=timezone.now() - timedelta(hours=1))
    probe_endpoints()
    assert chats(servers["healthy"]) == start + 2


def test_who_does_not_work_is_asked_for_a_reply_every_time(add_moody: Add, servers: dict[str, MoodyServer]) -> None:
    add_moody("failing")
    start = chats(servers["failing"])
    probe_endpoints()
    probe_endpoints()
    assert chats(servers["failing"]) == start + 2


def test_who_is_full_of_our_own_work_is_not_asked_for_more(add_moody: Add, servers: dict[str, MoodyServer]) -> None:
    endpoint = add_moody("healthy", max_concurrency=1)
    probe_endpoints()
    Endpoint.objects.update(last_generated_at=None)
    assert take_slot([Bid(endpoint.pk, rank=0, limit=1)], uuid4())
    start = chats(servers["healthy"])
    probe_endpoints()
    assert chats(servers["healthy"]) == start
    assert health_of("healthy") == (Health.HEALTHY, "")


def test_a_server_that_comes_back_is_healthy_again(
    add_moody: Add, servers: dict[str, MoodyServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_moody("failing")
    probe_endpoints()
    assert health_of("failing")[0] == Health.DOWN
    monkeypatch.setattr(servers["failing"], "mood", "healthy")
    probe_endpoints()
    endpoint = Endpoint.objects.get()
    assert (endpoint.health, endpoint.consecutive_failures, endpoint.retry_at) == (Health.HEALTHY, 0, None)


def test_the_address_is_checked_again_when_it_is_called(
    add_moody: Add, servers: dict[str, MoodyServer], settings: Settings
) -> None:
    add_moody("healthy", url=servers["healthy"].url.replace("127.0.0.1", "localhost"))
    probe_endpoints()
    assert health_of("healthy") == (Health.HEALTHY, "")
    before = len(servers["healthy"].requests)
    settings.ENDPOINT_ALLOWED_NETWORKS = [ip_network("10.0.0.0/8")]
    probe_endpoints()
    assert health_of("healthy") == (Health.DOWN, "led to an address that is not allowed")
    assert Observation.objects.filter(error_kind="AddressRefused").exists()
    assert len(servers["healthy"].requests) == before


def test_what_the_server_says_of_itself_is_kept(add_moody: Add) -> None:
    add_moody("healthy")
    probe_endpoints()
    endpoint = Endpoint.objects.get()
    assert endpoint.discovered["model_ids"] == ["counting"]
    assert endpoint.server_version.startswith("tgi ")
    assert endpoint.server.kind == "tgi"
    assert "complete" in endpoint.capabilities


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        ({"variant": "instruct", "protocol": "openai"}, "/v1/chat/completions"),
        ({"variant": "base", "protocol": "openai"}, "/v1/completions"),
        ({"variant": "base", "protocol": "tgi"}, "/generate_stream"),
        ({"variant": "instruct", "protocol": "tgi", "size": "7B"}, "/generate_stream"),
    ],
    ids=str,
)
def test_each_is_asked_for_what_its_model_is_for(
    add_moody: Add, servers: dict[str, MoodyServer], facts: dict[str, str], path: str
) -> None:
    add_moody("healthy", **facts)
    start = len(servers["healthy"].requests)
    probe_endpoints()
    assert health_of("healthy") == (Health.HEALTHY, "")
    assert [request.path for request in servers["healthy"].requests[start:] if is_for_reply(request)] == [path]


@pytest.mark.django_db(transaction=True)
def test_rounds_do_not_overlap(add_moody: Add, servers: dict[str, MoodyServer]) -> None:
    add_moody("hanging")
    start = len(servers["hanging"].requests)

    with ThreadPoolExecutor(5) as threads:
        done = [threads.submit(one_round) for _ in range(5)]
    assert sorted(future.result() for future in done) == [0, 0, 0, 0, 1]
    asked = len(servers["hanging"].requests) - start
    assert probe_endpoints() == 1
    assert len(servers["hanging"].requests) - start == 2 * asked
    assert not sync_client().exists(LOCK)


def test_a_token_that_cannot_be_read_is_named_and_stops_no_other_probe(add_moody: Add) -> None:
    add_moody("healthy")
    add_moody("slow", token=PLAIN_TOKEN)
    Endpoint.objects.filter(name="slow").update(sealed_token="sealed with a key that is lost")
    assert probe_endpoints() == 2
    assert health_of("slow") == (Health.DOWN, "got a token that cannot be read")
    assert health_of("healthy") == (Health.HEALTHY, "")


@pytest.mark.django_db(transaction=True)
def test_an_endpoint_deleted_during_its_probe_is_no_trouble(add_moody: Add, servers: dict[str, MoodyServer]) -> None:
    add_moody("hanging")
    start = len(servers["hanging"].requests)
    with ThreadPoolExecutor(1) as thread:
        probing = thread.submit(one_round)
        while len(servers["hanging"].requests) == start:
            sleep(0.01)
        Endpoint.objects.all().delete()
        assert probing.result() == 1
    assert not Observation.objects.exists()


def test_the_token_goes_to_its_server_and_nowhere_else(
    add_moody: Add, servers: dict[str, MoodyServer], caplog: pytest.LogCaptureFixture
) -> None:
    endpoint = add_moody("refusing", token=PLAIN_TOKEN)
    probe_endpoints()
    assert servers["refusing"].requests[-1].headers["authorization"] == f"Bearer {PLAIN_TOKEN}"
    endpoint.refresh_from_db()
    assert endpoint.health_reason == "refused its token"  # its answer, with the token in it, was read
    kept = [*Endpoint.objects.all(), *Observation.objects.all(), *EndpointChange.objects.all()]
    assert len(kept) == 3
    assert "endpoint health changed" in caplog.text
    for text in (serializers.serialize("json", kept), describe_health(endpoint), caplog.text, repr(kept)):
        assert "gpu-server" not in text


def test_the_task_is_sent_without_arguments(add_moody: Add) -> None:
    add_moody("refusing", token=PLAIN_TOKEN)
    with celery_app.connection_for_write() as broker:
        queue = broker.SimpleQueue("endpoint-probe-test")
        probe.apply_async(queue="endpoint-probe-test")
        message = queue.get(timeout=60)
        message.ack()
        queue.close()
    assert message.headers["task"] == "endpoints.probe"
    assert message.body is not None
    assert json.loads(message.body)[:2] == [[], {}]
    assert "gpu-server" not in f"{message.headers} {message.body}"
