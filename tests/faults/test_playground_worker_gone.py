"""A worker that is killed in the middle of a fill: another one goes on, to the byte."""

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
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation, State
from apps.generation.services.reap import reap_generations
from apps.generation.services.start import Document
from apps.playground.display import shown_outputs
from apps.playground.models import Kind, Run
from apps.playground.offers import Offer
from apps.playground.services import start_document_run
from tests.generation.conftest import counting_server, numbers
from tests.support.scripted_server import release
from tests.support.services import Running

__all__ = ["counting_server"]

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

PATIENCE = 120.0  # seconds


@pytest.fixture
def mortal_worker(run_program: Callable[[Program], Running], no_worker_at_hand: None) -> Iterator[Running]:
    """The only worker, with short leases."""
    environment = {"GENERATION_LEASE_SECONDS": "2", "GENERATION_CHECKPOINT_SECONDS": "0.5"}
    worker = run_program(replace(programs.worker(), name=f"mortal-worker-{uuid4()}", environment=environment))
    worker.wait_until(lambda: " ready." in worker.log.read_text())
    yield worker
    worker.stop()


def wait_for(generation: Generation, condition: Callable[[Generation], bool]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not condition(generation):
        assert time.monotonic() < give_up, f"{generation} has {generation.text!r}"
        reap_generations()
        time.sleep(0.1)
        generation.refresh_from_db()


def test_a_fill_survives_its_worker(
    alice: User, counting_server: str, mortal_worker: Running, run_program: Callable[[Program], Running]
) -> None:
    question = f"count to 100 at 20 per second and hold at 90 ({uuid4().hex[:8]})"
    endpoint = add_endpoint(name="gpu-1", url=counting_server, protocol="openai", variant="base", size="7B")
    run = start_document_run(
        owner=alice,
        kind=Kind.FILL,
        document=Document(f"{question}\n", "\n# end\n"),
        offer=Offer("base", endpoint),
        parameters={"max_tokens": 200},
        settings={},
    )
    generation = Generation.objects.get()
    wait_for(generation, lambda one: one.text_length > 10)
    os.killpg(mortal_worker.process.pid, signal.SIGKILL)
    release(counting_server, [question])
    worker = run_program(replace(programs.worker(), name=f"next-worker-{uuid4()}"))
    try:
        wait_for(generation, lambda one: one.is_over)
    finally:
        worker.stop()
    assert (generation.state, generation.text) == (State.SUCCEEDED, numbers(100))
    assert generation.attempt > 1
    (shown,) = shown_outputs(Run.objects.with_outputs().get(pk=run.pk))
    assert shown.text == numbers(100)
    assert run.before + shown.text + run.after == f"{question}\n{numbers(100)}\n# end\n"
