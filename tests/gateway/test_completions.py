"""``/v1/completions``: texts continued and gaps filled, on the same life cycle as chats."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx2 as httpx
import openai
import pytest

from apps.accounts.keys.api_keys import create_api_key
from apps.accounts.models import User
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation, State, Task
from tests.gateway.calls import DONE, assert_refused, ended, events_in, held_count, numbers
from tests.support.scripted_server import release
from tests.support.services import Running

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("base")]


def serve(url: str, variant: str, protocol: str = "openai") -> Endpoint:
    return add_endpoint(name=f"the {variant} one", url=url, protocol=protocol, variant=variant, max_concurrency=20)


@pytest.fixture(params=["openai", "tgi"])
def base(request: pytest.FixtureRequest, db: None, counting_server: str, celery_worker_process: Running) -> Endpoint:
    return serve(counting_server, "base", request.param)


@pytest.fixture
def client(live_asgi_server: str, alice: User) -> Iterator[openai.OpenAI]:
    key = create_api_key(username="alice")
    with openai.OpenAI(base_url=f"{live_asgi_server}/v1", api_key=key, timeout=60, max_retries=0) as client:
        yield client


def asking(prompt: Any, **more: Any) -> dict[str, Any]:
    return {"model": "base", "prompt": prompt, **more}


def test_a_text_is_continued(client: openai.OpenAI, alice: User) -> None:
    raw = client.completions.with_raw_response.create(model="base", prompt="count to 50\n", temperature=0)
    completion = raw.parse()
    assert completion.object == "text_completion"
    assert completion.id == f"cmpl-{raw.headers['X-Generation-Id']}"
    assert (completion.choices[0].text, completion.choices[0].finish_reason) == (numbers(50), "stop")
    assert completion.usage is not None
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (10, 50)
    generation = Generation.objects.get(pk=raw.headers["X-Generation-Id"])
    assert (generation.owner, generation.task, generation.prompt) == (alice, Task.COMPLETE, "count to 50\n")
    assert (generation.text, generation.messages) == (numbers(50), [])


def test_a_stream(client: openai.OpenAI, base: Endpoint) -> None:
    question, arrived = held_count(60), []
    with client.completions.create(
        model="base", prompt=f"{question}\n", stream=True, stream_options={"include_usage": True}
    ) as stream:
        for chunk in stream:
            arrived.append(chunk)
            if chunk.choices and chunk.choices[0].text:
                release(base.url, [question])
    *chunks, last = arrived
    assert len([chunk for chunk in chunks if chunk.choices[0].text]) > 1
    assert "".join(chunk.choices[0].text for chunk in chunks) == numbers(60)
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices[0].finish_reason] == ["stop"]
    assert {chunk.object for chunk in chunks} == {"text_completion"}
    assert last.choices == []
    assert last.usage is not None
    assert last.usage.completion_tokens == 60


def test_echo_begins_with_the_prompt(client: openai.OpenAI) -> None:
    prompt = "count to 5\n"
    whole = client.completions.create(model="base", prompt=prompt, echo=True)
    assert whole.choices[0].text == prompt + numbers(5)
    with client.completions.create(model="base", prompt=prompt, echo=True, stream=True) as stream:
        assert "".join(chunk.choices[0].text for chunk in stream) == prompt + numbers(5)
    assert {generation.text for generation in Generation.objects.all()} == {numbers(5)}


def test_a_gap_is_filled(client: openai.OpenAI) -> None:
    raw = client.completions.with_raw_response.create(model="base", prompt="# count to 9\n", suffix="\n# end")
    assert raw.parse().choices[0].text == numbers(9)
    generation = Generation.objects.get()
    assert (generation.task, generation.prompt, generation.suffix) == (Task.INFILL, "# count to 9\n", "\n# end")


def test_one_prompt_in_a_list(client: openai.OpenAI) -> None:
    assert client.completions.create(model="base", prompt=["count to 4\n"]).choices[0].text == numbers(4)


def test_a_stop_sequence_is_not_in_the_text(client: openai.OpenAI) -> None:
    """The model that counts knows no stop sequences: some servers take four at the most, one leaves them in."""
    reply = client.completions.create(model="base", prompt="count to 9000 at 100 per second\n", stop=[" 8", "x"])
    assert (reply.choices[0].text, reply.choices[0].finish_reason) == (numbers(7), "stop")


@pytest.mark.parametrize("suffix", ["", "\n# end"])
def test_editors_send_many_stop_sequences(client: openai.OpenAI, suffix: str) -> None:
    """More than servers take: the reply ends at any of them all the same."""
    stop = [*(f"<|tag_{number}|>" for number in range(20)), " 8"]
    reply = client.completions.create(
        model="base", prompt="count to 9000 at 100 per second\n", suffix=suffix, stop=stop
    )
    assert (reply.choices[0].text, reply.choices[0].finish_reason) == (numbers(7), "stop")


def test_limited_length(client: openai.OpenAI) -> None:
    reply = client.completions.create(model="base", prompt="count to 50\n", max_tokens=7)
    assert (reply.choices[0].text, reply.choices[0].finish_reason) == (numbers(7), "length")


@pytest.mark.parametrize("suffix", ["", "\n# end"])
def test_a_broken_stream_is_continued_to_the_byte(client: openai.OpenAI, suffix: str) -> None:
    reply = client.completions.create(model="base", prompt="count to 30, reset after 10\n", suffix=suffix)
    assert reply.choices[0].text == numbers(30)


def test_leaving_cancels_and_the_text_stays(api: httpx.Client) -> None:
    asked = asking("count to 9000 at 100 per second and hold at 50\n", stream=True)
    with api.stream("POST", "completions", json=asked) as response:
        next(event for event in events_in(response) if event["data"]["choices"][0]["text"])
    generation = ended(Generation.objects.get(pk=response.headers["X-Generation-Id"]))
    assert generation.state == State.CANCELLED
    shown = api.get(f"generations/{generation.pk}").json()
    assert shown["task"] == "complete"
    assert shown["text"]
    assert numbers(9000).startswith(shown["text"])


def test_a_caller_that_may_come_back_resumes(api: httpx.Client) -> None:
    asked = asking("count to 100 at 100 per second\n", stream=True)
    with api.stream("POST", "completions", json=asked, headers={"X-On-Disconnect": "continue"}) as response:
        chunks = events_in(response)
        text = next(chunk["data"]["choices"][0]["text"] for chunk in chunks if chunk["data"]["choices"][0]["text"])
    address = f"generations/{response.headers['X-Generation-Id']}/events?after={len(text)}"
    with api.stream("GET", address) as response:
        rest = [event["data"]["text"] for event in events_in(response) if event.get("event") == "delta"]
    assert text + "".join(rest) == numbers(100)


def test_a_stream_that_fails(api: httpx.Client) -> None:
    with closing(
        api.send(
            api.build_request("POST", "completions", json=asking("count to 90, fail after 3\n", stream=True)),
            stream=True,
        )
    ) as response:
        events = [event["data"] for event in events_in(response)]
    assert events[-1]["error"]["code"] == "generation_failed"
    assert DONE not in events


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"prompt": None}, "prompt"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": ["a", ""]}, "prompt"),
        ({"prompt": ["a"] * 33}, "prompt"),
        ({"prompt": ["a", "b\0"]}, None),
        ({"prompt": [1, 2, 3]}, "prompt"),
        ({"prompt": [[1, 2]]}, "prompt"),
        ({"prompt": []}, "prompt"),
        ({"prompt": "a\0b"}, None),
        ({"suffix": 5}, "suffix"),
        ({"best_of": 3}, "best_of"),
        ({"n": 2}, "n"),
        ({"logprobs": 6}, "logprobs"),
        ({"echo": "yes"}, "echo"),
        ({"max_tokens": -2}, "max_tokens"),
        ({"stop": ["x"] * 33}, "stop"),
    ],
)
def test_what_is_wrong_is_named(api: httpx.Client, wrong: dict[str, Any], param: str | None) -> None:
    response = api.post("completions", json={**asking("count to 3\n"), **wrong})
    assert assert_refused(response, 400, code=None, param=param).endswith(".")
    assert not Generation.objects.exists()


def test_a_model_that_cannot_is_named_with_those_that_can(api: httpx.Client, counting_server: str) -> None:
    serve(counting_server, "python")
    serve(counting_server, "instruct")
    gap = asking("a", suffix="b", model="python")
    sentence = assert_refused(api.post("completions", json=gap), 400, code="model_unable", param="suffix")
    assert sentence == "The model 'python' cannot fill in the middle. Those that can: code-llama-base, the base one."
    chat = {"model": "python", "messages": [{"role": "user", "content": "Hi."}]}
    sentence = assert_refused(api.post("chat/completions", json=chat), 400, code="model_unable", param="model")
    assert sentence == "The model 'python' cannot chat. Those that can: code-llama-instruct, the instruct one."
    assert not Generation.objects.exists()
    reply = api.post("completions", json=asking("count to 3\n", model="python"))
    assert reply.json()["choices"][0]["text"] == numbers(3)


def test_models_say_what_they_can_do(api: httpx.Client, counting_server: str) -> None:
    serve(counting_server, "instruct")
    tasks = {model["id"]: model["tasks"] for model in api.get("models").json()["data"]}
    assert tasks == {
        "code-llama-base": ["complete", "infill"],
        "the base one": ["complete", "infill"],
        "code-llama-instruct": ["chat", "complete"],
        "the instruct one": ["chat", "complete"],
    }
    assert api.get("models/base").json()["tasks"] == ["complete", "infill"]
