"""A worker that is killed in the middle of a reply with log probabilities: it fails, and what was sent is exact."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import uuid4

import openai
import pytest

from apps.accounts.keys.api_keys import create_api_key
from apps.accounts.models import User
from apps.embedded import programs
from apps.embedded.program import Program
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation, LogProbabilities, State
from tests.faults.test_playground_worker_gone import mortal_worker, wait_for
from tests.generation.conftest import counting_server
from tests.support.scripted_server import release
from tests.support.services import Running

__all__ = ["counting_server", "mortal_worker"]

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def client(live_asgi_server: str, alice: User) -> Iterator[openai.OpenAI]:
    key = create_api_key(username="alice")
    with openai.OpenAI(base_url=f"{live_asgi_server}/v1", api_key=key, timeout=120, max_retries=0) as client:
        yield client


def test_a_reply_with_log_probabilities_fails_with_its_worker(
    client: openai.OpenAI,
    counting_server: str,
    mortal_worker: Running,
    run_program: Callable[[Program], Running],
) -> None:
    question = f"count to 9 and hold at 5 ({uuid4().hex[:8]})"
    add_endpoint(name="gpu-1", url=counting_server, protocol="tgi", variant="base", size="7B")
    chunks = iter(client.completions.create(model="base", prompt=f"{question}\n", logprobs=0, stream=True))
    text = ""
    tokens: list[str] = []
    while text != "1 2 3 4":
        choice = next(chunks).choices[0]
        text += choice.text
        tokens += (choice.logprobs and choice.logprobs.tokens) or []
    assert tokens == ["1", " 2", " 3", " 4"]
    os.killpg(mortal_worker.process.pid, signal.SIGKILL)
    release(counting_server, [question])
    generation = Generation.objects.get()
    worker = run_program(replace(programs.worker(), name=f"next-worker-{uuid4()}"))
    try:
        wait_for(generation, lambda one: one.is_over)
        with pytest.raises(openai.APIError, match="would be of other tokens"):
            list(chunks)
    finally:
        worker.stop()
    assert (generation.state, generation.text, generation.attempt) == (State.FAILED, "1 2 3 4", 2)
    assert not LogProbabilities.objects.exists()
