"""Log probabilities by the ``openai`` client, from what each kind of model server sends."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx2 as httpx
import openai
import pytest

from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.generation.log import store
from apps.generation.models import Generation, LogProbabilities
from apps.stores.redis import sync_client
from apps.stores.threads import in_thread
from tests.gateway.calls import PATIENCE, wait_until
from tests.gateway.openai_caller import client
from tests.gateway.scored_replies import QUESTION, TEXT, TOKENS, chat, script, serve
from tests.support import scored_wire
from tests.support.scored_wire import Stream, Token
from tests.support.scripted_server import ScriptedServer, scripted_server
from tests.support.services import Running
from tests.support.wire import Send, Wait, head

__all__ = ["client", "scripted_server"]

pytestmark = pytest.mark.django_db(transaction=True)


FIGURES = [token.logprob for token in TOKENS]
OFFSETS = [0, 3, 4, 4, 5]
CHATS = [
    ("tgi", "tgi", scored_wire.tgi_native),
    ("openai", "tgi", scored_wire.tgi_chat),
    ("openai", "vllm", scored_wire.vllm_chat),
    ("openai", "sglang", scored_wire.vllm_chat),
    ("openai", "llama.cpp", scored_wire.llama_chat),
]
COMPLETIONS = [
    ("tgi", "tgi", scored_wire.tgi_native),
    ("openai", "tgi", scored_wire.tgi_native),
    ("openai", "vllm", scored_wire.vllm_completion),
    ("openai", "sglang", scored_wire.vllm_completion),
    ("openai", "llama.cpp", scored_wire.llama_completion),
]


@pytest.mark.parametrize(("protocol", "kind", "stream"), CHATS)
async def test_a_chat(
    protocol: str, kind: str, stream: Stream, client: openai.AsyncOpenAI, scripted_server: ScriptedServer
) -> None:
    await serve(scripted_server, protocol, kind)
    for streams in (False, True):
        script(scripted_server, stream)
        content, told = await chat(client, streams=streams)
        assert content == TEXT
        assert [(token.token, token.logprob) for token in told] == [(one.text, one.logprob) for one in TOKENS]
        assert b"".join(bytes(token.bytes) for token in told).decode() == TEXT
        assert [(one.token, one.logprob) for one in told[0].top_logprobs] == [("def", -0.5), ("class", -1.5)]
        assert [one.token for one in told[3].top_logprobs] == ["é", "e"], "the chosen token is its part of the text"
    generation = await Generation.objects.afirst()
    assert generation is not None
    assert generation.parameters == {"logprobs": 2}


@pytest.mark.parametrize(("protocol", "kind", "stream"), COMPLETIONS)
async def test_a_completion(
    protocol: str, kind: str, stream: Stream, client: openai.AsyncOpenAI, scripted_server: ScriptedServer
) -> None:
    await serve(scripted_server, protocol, kind, "base")
    for streams in (False, True):
        script(scripted_server, stream)
        text, told = await _complete(client, streams=streams)
        assert text == TEXT
        assert told["tokens"] == [token.text for token in TOKENS]
        assert told["token_logprobs"] == FIGURES
        assert told["text_offset"] == OFFSETS
        assert all(TEXT.startswith(token, start) for start, token in zip(OFFSETS, told["tokens"], strict=True))
        assert told["top_logprobs"][0] == {"def": -0.5, "class": -1.5}


async def _complete(client: openai.AsyncOpenAI, *, streams: bool) -> tuple[str, dict[str, list[Any]]]:
    asked: dict[str, Any] = {"model": "base", "prompt": "# é\n", "logprobs": 2}
    if not streams:
        (choice,) = (await client.completions.create(**asked)).choices
        assert choice.logprobs is not None
        return choice.text, choice.logprobs.to_dict()
    text = ""
    told: dict[str, list[Any]] = {name: [] for name in ("tokens", "token_logprobs", "top_logprobs", "text_offset")}
    async for chunk in await client.completions.create(**asked, stream=True):
        text += chunk.choices[0].text
        if chunk.choices[0].logprobs is not None:
            for name, values in chunk.choices[0].logprobs.to_dict().items():
                told[name] += values
    return text, told


async def test_no_likely_tokens(client: openai.AsyncOpenAI, scripted_server: ScriptedServer) -> None:
    await serve(scripted_server, "openai", "llama.cpp", "base")
    script(scripted_server, scored_wire.llama_completion)
    choice = (await client.completions.create(model="base", prompt="# é\n", logprobs=0)).choices[0]
    assert choice.logprobs is not None
    assert (choice.logprobs.token_logprobs, choice.logprobs.top_logprobs) == (FIGURES, None)


async def test_tokens_of_a_stop_sequence_are_dropped(
    client: openai.AsyncOpenAI, scripted_server: ScriptedServer
) -> None:
    await serve(scripted_server, "tgi", "tgi", "base")
    tokens = [Token("alpha", -0.5), Token(" ST", -1.0), Token("OP", -2.0), Token(" beta", -3.0)]
    script(scripted_server, scored_wire.tgi_native, tokens)
    choice = (await client.completions.create(model="base", prompt="a", logprobs=1, stop=["STOP"])).choices[0]
    assert choice.text == "alpha "
    assert choice.logprobs is not None
    assert (choice.logprobs.tokens, choice.logprobs.token_logprobs) == (["alpha", " "], [-0.5, -1.0])


async def test_each_prompt_has_its_own(client: openai.AsyncOpenAI, scripted_server: ScriptedServer) -> None:
    await serve(scripted_server, "openai", "vllm", "base", max_concurrency=2)
    for _ in range(2):
        script(scripted_server, scored_wire.vllm_completion)
    answer = await client.completions.create(model="base", prompt=["a", "b"], logprobs=1)
    told = [choice.logprobs for choice in answer.choices]
    assert [one and one.text_offset for one in told] == [OFFSETS, OFFSETS]


async def test_an_answer_that_is_asked_for_again_has_them(
    client: openai.AsyncOpenAI, scripted_server: ScriptedServer
) -> None:
    await serve(scripted_server, "openai", "vllm")
    script(scripted_server, scored_wire.vllm_chat)
    client = client.with_options(default_headers={"Idempotency-Key": uuid4().hex})
    first = await chat(client, streams=False)
    generation = await Generation.objects.aget()
    assert await in_thread(sync_client().exists)(store.tokens_key(generation.pk))
    # The event log ends minutes after the reply.
    await in_thread(sync_client().delete)(store.tokens_key(generation.pk), *store.keys(generation.pk))
    assert await chat(client, streams=False) == first
    assert await chat(client, streams=True) == first
    assert len(scripted_server.requests) == 1
    await generation.adelete()
    assert not await LogProbabilities.objects.aexists()


async def test_a_reply_that_is_cancelled_keeps_its_tokens(
    client: openai.AsyncOpenAI, api: httpx.Client, scripted_server: ScriptedServer
) -> None:
    await serve(scripted_server, "openai", "vllm")
    scripted_server.answer(head(), *map(Send, scored_wire.vllm_chat(TOKENS)[:3]), Wait())
    asking = asyncio.create_task(chat(client, streams=False))
    await scripted_server.request(0)
    address = f"generations/{(await Generation.objects.aget()).pk}"
    await asyncio.to_thread(wait_until, lambda: api.get(address).json()["text"] == "def ")
    await asyncio.to_thread(api.post, f"{address}/cancel")
    text, told = await asking
    assert (text, [token.token for token in told]) == ("def ", ["def", " "])


@pytest.mark.parametrize("path", ["/generate", "/generate_stream"])
async def test_tgi_s_own_addresses_list_the_tokens(
    path: str, live_asgi_server: str, api: httpx.Client, scripted_server: ScriptedServer, celery_worker_process: Running
) -> None:
    await serve(scripted_server, "tgi", "tgi", "base")
    script(scripted_server, scored_wire.tgi_native)
    asked = {"inputs": "# é\n", "parameters": {"top_n_tokens": 2, "details": True}}
    root = live_asgi_server.removesuffix("/v1")
    with httpx.Client(base_url=root, headers=api.headers, timeout=PATIENCE, verify=False) as tgi:
        answer = await asyncio.to_thread(tgi.post, path, json=asked)
    if path == "/generate":
        details = answer.json()["details"]
        tokens, likely = details["tokens"], details["top_tokens"]
    else:
        events = [httpx_json(line) for line in answer.text.splitlines() if line.startswith("data:")]
        assert events[-1]["generated_text"] == TEXT
        tokens, likely = [one["token"] for one in events[:-1]], [one["top_tokens"] for one in events[:-1]]
    assert [(token["text"], token["logprob"]) for token in tokens] == [(one.text, one.logprob) for one in TOKENS]
    assert {token["id"] for token in tokens} == {7}
    assert [(one["text"], one["logprob"]) for one in likely[0]] == [("def", -0.5), ("class", -1.5)]


def httpx_json(line: str) -> dict[str, Any]:
    event: dict[str, Any] = httpx.Response(200, content=line.removeprefix("data: ")).json()
    return event


async def test_a_real_llama_cpp(client: openai.AsyncOpenAI, model_server: str) -> None:
    endpoint = await in_thread(add_endpoint)(
        name="local", url=model_server, protocol="openai", variant="instruct", model_id="SmolLM2-135M-Instruct"
    )
    await Endpoint.objects.filter(pk=endpoint.pk).aupdate(discovered={"kind": "llama.cpp"})
    answer = await client.completions.create(
        model="base", prompt="def add(a, b):\n", max_tokens=12, temperature=0, logprobs=3
    )
    (choice,) = answer.choices
    assert choice.text
    told = choice.logprobs
    assert told is not None
    assert told.tokens is not None
    assert told.token_logprobs is not None
    assert told.top_logprobs is not None
    assert "".join(told.tokens) == choice.text
    assert len(told.tokens) > 1
    assert all(figure is not None and figure <= 0 for figure in told.token_logprobs)
    assert all(len(place) >= 3 for place in told.top_logprobs)
    chat = await client.chat.completions.create(
        model="instruct", messages=QUESTION, max_tokens=12, temperature=0, logprobs=True, top_logprobs=2
    )
    (said,) = chat.choices
    assert said.logprobs is not None
    assert said.logprobs.content is not None
    assert "".join(token.token for token in said.logprobs.content) == said.message.content
