"""The official ``openai`` client, against a real server, worker and model server."""

import threading
from collections.abc import Iterator

import openai
import pytest
from django.db import connection
from openai.types.chat import ChatCompletionMessageParam

from apps.accounts.keys.api_keys import create_api_key
from apps.accounts.models import User
from apps.endpoints.models import Endpoint
from apps.generation.models import Generation, State
from tests.gateway.calls import ended, held_count, numbers
from tests.support.scripted_server import release

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def client(live_asgi_server: str, alice: User, counting_endpoint: Endpoint) -> Iterator[openai.OpenAI]:
    key = create_api_key(username="alice")
    with openai.OpenAI(base_url=f"{live_asgi_server}/v1", api_key=key, timeout=60) as client:
        yield client


def asking(text: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "system", "content": "You count."}, {"role": "user", "content": text}]


def test_whole_reply(client: openai.OpenAI) -> None:
    reply = client.chat.completions.create(model="instruct", messages=asking("count to 50"))
    assert reply.choices[0].message.role == "assistant"
    assert reply.choices[0].message.content == numbers(50)
    assert reply.choices[0].finish_reason == "stop"
    assert reply.model == "count-1", "the answer names the model that wrote it"
    assert reply.usage is not None
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens, reply.usage.total_tokens) == (10, 50, 60)


def test_streamed_reply(client: openai.OpenAI, counting_endpoint: Endpoint) -> None:
    question = held_count(100)
    chunks = []
    with client.chat.completions.create(model="instruct", messages=asking(question), stream=True) as stream:
        for chunk in stream:
            chunks.append(chunk)
            if chunk.choices[0].delta.content:
                release(counting_endpoint.url, [question])
    assert chunks[0].choices[0].delta.role == "assistant"
    assert len([chunk for chunk in chunks if chunk.choices[0].delta.content]) > 1
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == numbers(100)
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices[0].finish_reason] == ["stop"]
    assert all(chunk.usage is None for chunk in chunks)
    assert len({chunk.id for chunk in chunks}) == 1


def test_streamed_reply_with_usage(client: openai.OpenAI) -> None:
    with client.chat.completions.create(
        model="instruct", messages=asking("count to 30"), stream=True, stream_options={"include_usage": True}
    ) as stream:
        *chunks, last = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == numbers(30)
    assert all(chunk.usage is None for chunk in chunks)
    assert last.choices == []
    assert last.usage is not None
    assert (last.usage.prompt_tokens, last.usage.completion_tokens, last.usage.total_tokens) == (10, 30, 40)


@pytest.mark.parametrize("limit", ["max_tokens", "max_completion_tokens"])
def test_reply_of_limited_length(client: openai.OpenAI, limit: str) -> None:
    reply = client.chat.completions.create(model="instruct", messages=asking("count to 50"), extra_body={limit: 7})
    assert reply.choices[0].message.content == numbers(7)
    assert reply.choices[0].finish_reason == "length"


def test_the_answer_names_its_generation(client: openai.OpenAI, alice: User) -> None:
    raw = client.chat.completions.with_raw_response.create(
        model="instruct",
        messages=asking("count to 5"),
        temperature=0.5,
        top_p=0.9,
        stop=["X"],
        seed=7,
        user="alice@example.org",
        n=1,
        response_format={"type": "text"},
        extra_body={"logit_bias": {}, "tools": [], "presence_penalty": 0, "something_new": 1},
    )
    generation = Generation.objects.get(pk=raw.headers["X-Generation-Id"])
    assert generation.owner == alice
    assert (generation.state, generation.text) == (State.SUCCEEDED, numbers(5))
    assert generation.messages[0] == {"role": "system", "content": "You count."}
    assert generation.parameters == {"temperature": 0.5, "top_p": 0.9, "stop": ["X"], "seed": 7}


def test_models_are_listed_by_every_name(client: openai.OpenAI) -> None:
    names = {model.id for model in client.models.list()}
    assert names == {"code-llama-instruct", "code-llama-base", "counting", "count-1"}
    assert client.models.retrieve("count-1").id == "count-1"


@pytest.mark.parametrize("model", ["code-llama-instruct", "instruct", "counting", "count-1"])
def test_every_name_can_be_asked_for(client: openai.OpenAI, model: str) -> None:
    reply = client.chat.completions.create(model=model, messages=asking("count to 3"))
    assert (reply.model, reply.choices[0].message.content) == ("count-1", "1 2 3")


def test_content_in_parts(client: openai.OpenAI) -> None:
    parts: list[ChatCompletionMessageParam] = [
        {"role": "user", "content": [{"type": "text", "text": "count "}, {"type": "text", "text": "to 4"}]}
    ]
    assert client.chat.completions.create(model="instruct", messages=parts).choices[0].message.content == numbers(4)


def test_errors_are_the_clients_own(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as missing:
        client.chat.completions.create(model="gpt-5", messages=asking("count to 3"))
    assert missing.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError) as invalid:
        client.chat.completions.create(model="instruct", messages=asking("count"), temperature=9)
    assert invalid.value.param == "temperature"
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="clw_wrong").models.list()


def test_failed_reply_is_tried_once(client: openai.OpenAI) -> None:
    with pytest.raises(openai.InternalServerError) as error:
        client.chat.completions.create(model="instruct", messages=asking("count to 90, fail after 3"))
    assert (error.value.status_code, error.value.code) == (503, "generation_failed")
    assert Generation.objects.count() == 1


def test_a_stream_that_is_left_cancels_its_generation(client: openai.OpenAI) -> None:
    with client.chat.completions.create(
        model="instruct", messages=asking("count to 9000 at 50 per second and hold at 1000"), stream=True
    ) as stream:
        next(chunk for chunk in stream if chunk.choices[0].delta.content)
    generation = ended(Generation.objects.get())
    assert generation.state == State.CANCELLED


async def test_the_async_client_streams(client: openai.OpenAI) -> None:
    async with openai.AsyncOpenAI(base_url=client.base_url, api_key=client.api_key, timeout=60) as own:
        reply = await own.chat.completions.create(model="instruct", messages=asking("count to 12"))
        assert reply.choices[0].message.content == numbers(12)
        stream = await own.chat.completions.create(
            model="instruct", messages=asking("count to 40 at 200 per second"), stream=True
        )
        assert "".join([chunk.choices[0].delta.content or "" async for chunk in stream]) == numbers(40)


def test_the_clients_streaming_helper(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(model="instruct", messages=asking("count to 30")) as stream:
        deltas = [event.delta for event in stream if event.type == "content.delta"]
        final = stream.get_final_completion()
    assert "".join(deltas) == final.choices[0].message.content == numbers(30)


def test_the_client_waits_as_long_as_it_is_told(client: openai.OpenAI, alice: User) -> None:
    """A refusal with ``Retry-After`` is tried again by itself, and works once there is room."""

    def free() -> None:
        Generation.objects.filter(variant="base").delete()
        connection.close()

    for _ in range(100):
        Generation.objects.create(owner=alice, messages=[], state=State.QUEUED, variant="base")
    with pytest.raises(openai.RateLimitError) as refused:
        client.with_options(max_retries=0).chat.completions.create(model="instruct", messages=asking("count to 3"))
    assert refused.value.code == "rate_limit_exceeded"
    freeing = threading.Timer(0.5, free)
    freeing.start()
    reply = client.chat.completions.create(model="instruct", messages=asking("count to 3"))
    freeing.join()
    assert reply.choices[0].message.content == "1 2 3"
