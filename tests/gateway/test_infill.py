"""llama.cpp's ``/infill``, with the requests of llama.vim and llama.vscode."""

from collections.abc import Iterator
from typing import Any

import httpx2 as httpx
import pytest

from apps.accounts.keys.api_keys import create_api_key
from apps.accounts.models import User
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation, State, Task
from tests.gateway.calls import PATIENCE, assert_refused, ended, events_in, numbers
from tests.support.services import Running

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("base")]


@pytest.fixture
def base(db: None, counting_server: str, celery_worker_process: Running) -> Endpoint:
    return add_endpoint(name="gpu-1", url=counting_server, protocol="tgi", variant="base", max_concurrency=20)


@pytest.fixture
def editor(live_asgi_server: str, alice: User) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {create_api_key(username='alice')}"}
    with httpx.Client(base_url=live_asgi_server, headers=headers, timeout=PATIENCE, verify=False) as client:
        yield client


def asking(order: str, **more: Any) -> dict[str, Any]:
    """The request of llama.vim when the cursor stands after ``x = ``; the first line tells the model what to do."""
    return {
        "input_prefix": f"# {order}\n",
        "input_suffix": "\nprint(x)\n",
        "input_extra": [{"text": "x = 1\n", "time": [1, 2], "filename": "other.py"}],
        "prompt": "x = ",
        "n_predict": 128,
        "n_indent": 0,
        "top_k": 40,
        "top_p": 0.99,
        "stream": False,
        "samplers": ["top_k", "top_p", "infill"],
        "cache_prompt": True,
        "t_max_prompt_ms": 500,
        "t_max_predict_ms": 1000,
        "response_fields": ["content", "timings/prompt_n"],
        **more,
    }


@pytest.mark.parametrize("path", ["/infill", "/llama.cpp/code-llama-base/infill", "/llama.cpp/gpu-1/infill"])
def test_the_gap_is_filled(editor: httpx.Client, path: str) -> None:
    answer = editor.post(path, json=asking("count to 12"))
    assert answer.json() == {
        "content": numbers(12),
        "stop": True,
        "stop_type": "eos",
        "tokens_predicted": 12,
        "tokens_evaluated": 10,
        "truncated": False,
    }
    generation = Generation.objects.get(pk=answer.headers["X-Generation-Id"])
    assert (generation.task, generation.prompt) == (Task.INFILL, "# count to 12\nx = ")
    assert (generation.suffix, generation.parameters) == ("\nprint(x)\n", {"max_tokens": 128, "top_p": 0.99})


def test_a_stream(editor: httpx.Client) -> None:
    with editor.stream("POST", "/infill", json=asking("count to 30 at 100 per second", stream=True)) as answer:
        events = [event["data"] for event in events_in(answer)]
    assert "".join(event["content"] for event in events) == numbers(30)
    assert [event["stop"] for event in events] == [*[False] * (len(events) - 1), True]


def test_reading_in_advance_starts_nothing(editor: httpx.Client) -> None:
    answer = editor.post("/infill", json=asking("", n_predict=0))
    assert answer.json() == {"content": "", "stop": True}
    assert editor.post("/infill", json={"input_suffix": ""}).json() == {"content": "", "stop": True}
    assert not Generation.objects.exists()


def test_a_model_that_cannot_is_refused(editor: httpx.Client, counting_server: str) -> None:
    add_endpoint(name="gpu-2", url=counting_server, protocol="openai", variant="python", max_concurrency=20)
    sentence = assert_refused(
        editor.post("/llama.cpp/gpu-2/infill", json=asking("count to 3")), 400, code="model_unable", param="suffix"
    )
    assert "Those that can: code-llama-base" in sentence


def test_a_failure_is_an_error(editor: httpx.Client) -> None:
    assert_refused(editor.post("/infill", json=asking("count to 90, fail after 3")), 503, code="generation_failed")


def test_leaving_cancels(editor: httpx.Client) -> None:
    asked = asking("count to 9000 at 20 per second and hold at 1000", stream=True, n_predict=9000)
    with editor.stream("POST", "/infill", json=asked) as answer:
        assert next(event for event in events_in(answer) if event["data"]["content"])
    assert ended(Generation.objects.get(pk=answer.headers["X-Generation-Id"])).state == State.CANCELLED
