"""Workers that are killed or stopped while they stream: every reply still ends as the numbers 1 to N, each once."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import uuid4

import pytest

from apps.accounts.models import User
from apps.embedded import programs
from apps.embedded.program import Program
from apps.endpoints.models import Endpoint
from apps.generation.log import store
from apps.generation.models import Generation, State
from apps.generation.services.reap import reap_generations
from apps.stores.redis import sync_client
from tests.generation.conftest import ask, counting_endpoint, counting_server, numbers
from tests.support.scripted_server import release
from tests.support.services import Running, Services

__all__ = ["counting_endpoint", "counting_server"]

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

STREAMS = 20
LENGTH = 300
PATIENCE = 120.0  # seconds


@pytest.fixture
def mortal_worker(
    services: Services, run_program: Callable[[Program], Running], celery_worker_process: Running
) -> Iterator[Running]:
    """A second worker, with short leases; the session's worker survives it."""
    program = programs.worker()
    environment = {"GENERATION_LEASE_SECONDS": "2", "GENERATION_CHECKPOINT_SECONDS": "0.5"}
    # A unique name, and so a log without the lines of earlier workers: the log shows when this one is ready.
    worker = run_program(replace(program, name=f"mortal-worker-{uuid4()}", environment=environment))
    worker.wait_until(lambda: " ready." in worker.log.read_text())
    yield worker
    worker.stop()


def run_by(worker: Running) -> list[Generation]:
    return list(Generation.objects.filter(state=State.RUNNING, worker__endswith=f":{worker.process.pid}"))


@pytest.fixture
def question() -> str:
    """Return a question whose reply cannot end before it is released."""
    return f"count to {LENGTH} at 100 per second and hold at {LENGTH - 50} ({uuid4().hex[:8]})"


def start_streams(owner: User, question: str, worker: Running) -> list[Generation]:
    """Start many, and wait until this worker has some of them well under way."""
    generations = [ask(owner, question) for _ in range(STREAMS)]
    give_up = time.monotonic() + PATIENCE
    while not any(generation.text_length > 100 for generation in run_by(worker)):
        assert time.monotonic() < give_up, "the worker has nothing to lose"
        time.sleep(0.05)
    return generations


def assert_all_complete(generations: list[Generation]) -> None:
    for generation in generations:
        give_up = time.monotonic() + PATIENCE
        while not generation.is_over:
            assert time.monotonic() < give_up, f"{generation} did not end"
            reap_generations()
            time.sleep(0.1)
            generation.refresh_from_db()
        assert (generation.state, generation.error) == (State.SUCCEEDED, "")
        assert generation.text == numbers(LENGTH)
        assert store.read_log(generation.pk).text == numbers(LENGTH)
    assert any(generation.attempt > 1 for generation in generations), "nothing was taken over: this proves nothing"


def test_killed(alice: User, question: str, counting_endpoint: Endpoint, mortal_worker: Running) -> None:
    generations = start_streams(alice, question, mortal_worker)
    os.killpg(mortal_worker.process.pid, signal.SIGKILL)
    release(counting_endpoint.url, [question])
    assert_all_complete(generations)


def test_stopped(alice: User, question: str, counting_endpoint: Endpoint, mortal_worker: Running) -> None:
    generations = start_streams(alice, question, mortal_worker)
    mortal_worker.process.send_signal(signal.SIGTERM)
    mortal_worker.process.wait(PATIENCE)
    assert not run_by(mortal_worker), "it kept generations that it can no longer run"
    release(counting_endpoint.url, [question])
    assert_all_complete(generations)


def test_frozen_and_woken(alice: User, question: str, counting_endpoint: Endpoint, mortal_worker: Running) -> None:
    """A worker that sleeps past its lease and wakes must not write what another has taken over."""
    generations = start_streams(alice, question, mortal_worker)
    os.killpg(mortal_worker.process.pid, signal.SIGSTOP)
    time.sleep(3)
    reap_generations()
    time.sleep(0.5)
    release(counting_endpoint.url, [question])
    os.killpg(mortal_worker.process.pid, signal.SIGCONT)
    assert_all_complete(generations)


def test_redis_emptied(alice: User, question: str, counting_endpoint: Endpoint, mortal_worker: Running) -> None:
    generations = start_streams(alice, question, mortal_worker)
    for generation in generations:
        sync_client().delete(*store.keys(generation.pk))
    os.killpg(mortal_worker.process.pid, signal.SIGKILL)
    release(counting_endpoint.url, [question])
    assert_all_complete(generations)
