"""Log probabilities that a server cannot give or loses: refused by name, or asked for again."""

import asyncio
from typing import Any

import httpx2 as httpx
import openai
import pytest

from apps.generation.models import Generation, State
from tests.gateway.calls import assert_refused, body
from tests.gateway.openai_caller import client
from tests.gateway.scored_replies import TEXT, TOKENS, chat, script, serve
from tests.support import scored_wire
from tests.support.scripted_server import ScriptedServer, scripted_server
from tests.support.wire import Reset, Send, head, whole

__all__ = ["client", "scripted_server"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("streams", [False, True])
async def test_a_reply_that_breaks_off_fails(
    client: openai.AsyncOpenAI, scripted_server: ScriptedServer, *, streams: bool
) -> None:
    await serve(scripted_server, "openai", "vllm")
    scripted_server.answer(head(), *map(Send, scored_wire.vllm_chat(TOKENS)[:3]), Reset())
    with pytest.raises(openai.APIError, match="would be of other tokens"):
        await chat(client, streams=streams)
    generation = await Generation.objects.aget()
    assert (generation.state, generation.text) == (State.FAILED, "def ")
    assert len(scripted_server.requests) == 1, "the rest may come from another tokenizer"


async def test_a_server_that_refuses_at_first_is_asked_again(
    client: openai.AsyncOpenAI, scripted_server: ScriptedServer
) -> None:
    await serve(scripted_server, "openai", "vllm")
    scripted_server.answer(*whole(429, b'{"error": "busy"}'))
    script(scripted_server, scored_wire.vllm_chat)
    assert (await chat(client, streams=False))[0] == TEXT


@pytest.mark.parametrize(
    ("protocol", "kind", "likely"), [("openai", "unknown", 1), ("tgi", "tgi", 6), ("openai", "tgi", 6)]
)
async def test_a_server_without_them_is_not_asked(
    protocol: str, kind: str, likely: int, api: httpx.Client, scripted_server: ScriptedServer
) -> None:
    await serve(scripted_server, protocol, kind)
    asked = body("Hi.", logprobs=True, top_logprobs=likely)
    sentence = assert_refused(await _post(api, "chat", asked), 400, code=None, param="logprobs")
    assert sentence.endswith("None that is served here does.")
    await serve(scripted_server, "openai", "vllm", "instruct")
    await serve(scripted_server, "openai", "sglang", "python")
    asked["model"] = f"{kind}-{protocol}-instruct"
    sentence = assert_refused(await _post(api, "chat", asked), 400, code=None, param="logprobs")
    assert sentence.endswith("Those here that do: code-llama-instruct, code-llama-instruct-7b, vllm-openai-instruct.")
    assert not await Generation.objects.aexists()


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"logprobs": 6}, "logprobs"),
        ({"logprobs": -1}, "logprobs"),
        ({"logprobs": 1, "echo": True}, "echo"),
        ({"logprobs": 1, "suffix": "b"}, "logprobs"),
    ],
)
async def test_what_cannot_be_had_is_named(
    wrong: dict[str, Any], param: str, api: httpx.Client, scripted_server: ScriptedServer
) -> None:
    await serve(scripted_server, "openai", "vllm", "base")
    asked = {"model": "base", "prompt": "a", **wrong}
    assert_refused(await _post(api, "text", asked), 400, code=None, param=param)
    assert not await Generation.objects.aexists()


async def test_likely_tokens_need_log_probabilities(api: httpx.Client, scripted_server: ScriptedServer) -> None:
    await serve(scripted_server, "openai", "vllm")
    for wrong, param in (
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
    ):
        assert_refused(await _post(api, "chat", {**body("Hi."), **wrong}), 400, code=None, param=param)


async def _post(api: httpx.Client, kind: str, asked: dict[str, Any]) -> httpx.Response:
    address = "chat/completions" if kind == "chat" else "completions"
    return await asyncio.to_thread(api.post, address, json=asked)
