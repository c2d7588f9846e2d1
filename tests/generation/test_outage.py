"""A reply waits while every server that could write it is down, and says so; not for ever."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings

from apps.accounts.models import User
from apps.embedded.ports import free_port
from apps.endpoints.health.outages import read_outages
from apps.endpoints.models import Endpoint, Health
from apps.endpoints.services import add_endpoint, set_endpoint_state
from apps.generation.log import store
from apps.generation.log.entries import QueuePosition
from apps.generation.models import Generation, State
from apps.generation.queue import position_of
from apps.generation.services.enqueue import enqueue
from apps.generation.tasks import reap
from tests.generation.conftest import ask, numbers
from tests.generation.test_worker import ended, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def add_down(name: str = "down", *, variant: str = "instruct") -> Endpoint:
    """A server where nothing listens, and of which that is known."""
    url = f"http://127.0.0.1:{free_port()}"
    endpoint = add_endpoint(name=name, url=url, protocol="openai", variant=variant)
    retry_at = timezone.now() + timedelta(hours=1)
    Endpoint.objects.filter(pk=endpoint.pk).update(health=Health.DOWN, retry_at=retry_at)
    return endpoint


def test_a_variant_is_down_when_all_its_enabled_servers_are(db: None) -> None:
    add_down("one")
    add_down("two")
    add_down("base", variant="base")
    chats = {("instruct", "chat"), ("instruct", "complete")}
    assert read_outages().jobs == {*chats, ("base", "complete"), ("base", "infill")}
    Endpoint.objects.filter(variant="base").delete()
    Endpoint.objects.filter(name="two").update(health=Health.DEGRADED, retry_at=None)
    assert read_outages().jobs == set()
    set_endpoint_state(name="two", state="disabled")
    assert read_outages().jobs == chats
    set_endpoint_state(name="one", state="disabled")
    assert read_outages().jobs == set(), "there is nothing to wait for"


def test_a_waiting_reader_learns_the_reason(alice: User) -> None:
    endpoint = add_down()
    generation = ask(alice, "count to 3")
    reap()
    assert store.read_log(generation.pk).position == QueuePosition(1, servers_down=True) == position_of(generation.pk)
    Endpoint.objects.filter(pk=endpoint.pk).update(health=Health.HEALTHY, retry_at=None)
    reap()
    assert store.read_log(generation.pk).position == QueuePosition(1)


def test_the_wait_ends_after_a_while_and_not_before(alice: User, settings: Settings) -> None:
    endpoint = add_down()
    generation = ask(alice, "count to 3")

    def wait(seconds: float) -> State:
        Generation.objects.update(stuck_since=F("stuck_since") - timedelta(seconds=seconds))
        reap()
        generation.refresh_from_db()
        return State(generation.state)

    reap()
    assert wait(settings.GENERATION_OUTAGE_SECONDS - 5) == State.QUEUED
    Endpoint.objects.filter(pk=endpoint.pk).update(health=Health.HEALTHY, retry_at=None)
    assert wait(10) == State.QUEUED
    assert generation.stuck_since is None
    add_down("down")
    assert wait(0) == State.QUEUED
    assert wait(settings.GENERATION_OUTAGE_SECONDS - 5) == State.QUEUED, "it counts from the latest outage"
    assert wait(10) == State.FAILED
    assert "instruct" in generation.error
    end = store.read_log(generation.pk).ended
    assert end is not None
    assert (end.state, end.error) == (State.FAILED, generation.error)


@pytest.mark.usefixtures("celery_worker_process")
class TestWithAWorker:
    def test_a_reply_waits_for_a_server_that_went_down_under_it(self, alice: User, counting_server: str) -> None:
        url = f"http://127.0.0.1:{free_port()}"
        endpoint = add_endpoint(name="gone", url=url, protocol="openai", variant="instruct")
        generation = ask(alice, "count to 5")

        def is_stuck() -> bool:
            generation.refresh_from_db()
            return generation.stuck_since is not None

        wait_until(is_stuck)
        assert (generation.state, generation.lost_leases) == (State.QUEUED, 1)
        Endpoint.objects.filter(pk=endpoint.pk).update(url=counting_server, health=Health.UNKNOWN, retry_at=None)
        enqueue([generation.pk])
        assert ended(generation).text == numbers(5)
        assert generation.stuck_since is None

    def test_a_request_that_brings_servers_down_fails(self, alice: User, settings: Settings) -> None:
        add_endpoint(name="gone", url=f"http://127.0.0.1:{free_port()}", protocol="openai", variant="instruct")
        with transaction.atomic():
            generation = ask(alice, "count to 5")
            Generation.objects.filter(pk=generation.pk).update(lost_leases=settings.GENERATION_MAX_ATTEMPTS)
        assert ended(generation).state == State.FAILED
        assert generation.error

    def test_without_an_enabled_server_nobody_waits(self, alice: User) -> None:
        endpoint = add_down()
        set_endpoint_state(name=endpoint.name, state="disabled")
        assert ended(ask(alice, "count to 3")).state == State.FAILED
