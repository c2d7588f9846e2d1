"""Postgres and Valkey that go away in mid-stream: streams go on, and every text is complete at the end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from uuid import uuid4

import psutil
import pytest
from django.db import connection

from apps.accounts.models import User
from apps.endpoints.models import Endpoint
from apps.generation.log import store
from apps.generation.models import Generation, State
from apps.generation.services.enqueue import enqueue
from apps.stores.redis import sync_client
from tests.generation.conftest import ask, counting_endpoint, counting_server, numbers
from tests.support.scripted_server import release
from tests.support.services import Running, Services

__all__ = ["counting_endpoint", "counting_server"]

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

STREAMS = 10
LENGTH = 400
PATIENCE = 120.0  # seconds


@pytest.fixture
def question() -> str:
    """Return a question whose reply cannot end before it is released."""
    return f"count to {LENGTH} at 100 per second and hold at {LENGTH - 50} ({uuid4().hex[:8]})"


def start_streams(owner: User, question: str) -> list[Generation]:
    generations = [ask(owner, question) for _ in range(STREAMS)]
    give_up = time.monotonic() + PATIENCE
    while any(len(store.read_log(generation.pk).text) < 100 for generation in generations):
        assert time.monotonic() < give_up, "the streams do not start"
        time.sleep(0.05)
    return generations


def assert_all_complete(generations: list[Generation]) -> None:
    for generation in generations:
        give_up = time.monotonic() + PATIENCE
        while not generation.is_over:
            assert time.monotonic() < give_up, f"{generation} did not end"
            time.sleep(0.1)
            generation.refresh_from_db()
        assert (generation.state, generation.error) == (State.SUCCEEDED, "")
        assert generation.text == numbers(LENGTH)
        assert generation.attempt == 1


@contextmanager
def stalled(running: Running) -> Iterator[None]:
    """Suspend a server and all its processes: connections hang, as with a stalled machine."""
    server = psutil.Process(running.process.pid)
    processes = [*server.children(recursive=True), server]
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            process.resume()


def freeze(running: Running, seconds: float) -> None:
    with stalled(running):
        time.sleep(seconds)


def test_valkey_stalls(
    alice: User, question: str, counting_endpoint: Endpoint, celery_worker_process: Running, services: Services
) -> None:
    generations = start_streams(alice, question)
    freeze(services.named("valkey"), 2)
    release(counting_endpoint.url, [question])
    assert_all_complete(generations)
    for generation in generations:
        assert store.read_log(generation.pk).text == numbers(LENGTH)


def test_a_reply_is_asked_for_while_valkey_stalls(
    alice: User, question: str, counting_endpoint: Endpoint, celery_worker_process: Running, services: Services
) -> None:
    asking = Thread(target=in_a_thread, args=(alice, question), daemon=True)
    with stalled(services.named("valkey")):
        asking.start()
        asking.join(PATIENCE)
        assert not asking.is_alive()
    release(counting_endpoint.url, [question])
    assert_all_complete(list(Generation.objects.filter(owner=alice)))
    assert Generation.objects.filter(owner=alice).exists()


def in_a_thread(owner: User, question: str) -> None:
    try:
        ask(owner, question)
    finally:
        connection.close()


def test_valkey_forgets_everything(
    alice: User, question: str, counting_endpoint: Endpoint, celery_worker_process: Running
) -> None:
    generations = start_streams(alice, question)
    sync_client().flushdb()
    release(counting_endpoint.url, [question])
    assert_all_complete(generations)
    for generation in generations:
        assert store.read_log(generation.pk).text == numbers(LENGTH)


def test_postgres_stalls(
    alice: User, question: str, counting_endpoint: Endpoint, celery_worker_process: Running, services: Services
) -> None:
    generations = start_streams(alice, question)
    freeze(services.named("postgres"), 2)
    release(counting_endpoint.url, [question])
    assert_all_complete(generations)


def test_connections_to_the_broker_are_cut_while_jobs_come(
    alice: User, question: str, counting_endpoint: Endpoint, celery_worker_process: Running
) -> None:
    for _ in range(20):
        enqueue(uuid4() for _ in range(20))  # tickets without a generation, to be acknowledged
        sync_client().client_kill_filter(skipme=True, _type="normal")
        sync_client().client_kill_filter(_type="pubsub")
        time.sleep(0.2)
    assert celery_worker_process.process.poll() is None
    generations = start_streams(alice, question)
    release(counting_endpoint.url, [question])
    assert_all_complete(generations)
