"""Tokens are counted by the server's own tokenizer, each kind asked in its own way."""

from typing import Any

import pytest

from apps.inference.errors import InferenceError, NotServed, ProtocolError
from apps.inference.http.connection import open_session
from apps.inference.protocols import protocol_named
from apps.inference.requests import ChatMessage, Timeouts
from apps.inference.server import Server, ServerKind
from tests.inference.served_pages import LLAMA_CPP, SGLANG, TGI, VLLM, PageServer, Refusal

PATIENT = Timeouts(connect=10, first_token=30)
CHAT = [ChatMessage("user", "a")]


@pytest.mark.parametrize("pages", [TGI, VLLM, SGLANG, LLAMA_CPP])
async def test_tokens_of_every_server_are_read(pages: dict[str, Any]) -> None:
    async with PageServer(pages) as served, open_session() as http:
        ids = await protocol_named("openai").tokenize(http, Server(served.url), "a", PATIENT)
        (asked,) = served.asked("/tokenize")
    assert list(ids) == [1, 263]
    assert asked["inputs"] == asked["prompt"] == asked["content"] == "a"


@pytest.mark.parametrize(("pages", "kind"), [(TGI, "tgi"), (VLLM, "vllm"), (LLAMA_CPP, "llama.cpp")])
async def test_chat_is_counted_by_the_servers_own_template(pages: dict[str, Any], kind: ServerKind) -> None:
    async with PageServer(pages) as served, open_session() as http:
        count = await protocol_named("openai").count_tokens(http, Server(served.url, kind=kind), CHAT, PATIENT)
    assert count == 2


async def test_native_chat_is_counted_as_it_would_be_sent() -> None:
    async with PageServer(TGI) as served, open_session() as http:
        assert await protocol_named("tgi").count_tokens(http, Server(served.url), CHAT, PATIENT) == 2
        assert served.asked("/tokenize")[0]["inputs"] == "[INST] a [/INST]"
        assert await protocol_named("tgi").count_tokens(http, Server(served.url, size=""), CHAT, PATIENT) == 2
        assert served.asked("/chat_tokenize") == [{"messages": [{"role": "user", "content": "a"}]}]


async def test_vllm_counts_a_reply_that_goes_on() -> None:
    messages = [*CHAT, ChatMessage("assistant", "b")]
    async with PageServer(VLLM) as served, open_session() as http:
        server = Server(served.url, model="m", kind="vllm")
        await protocol_named("openai").count_tokens(http, server, messages, PATIENT)
        (asked,) = served.asked("/tokenize")
    assert (asked["model"], asked["continue_final_message"], asked["add_generation_prompt"]) == ("m", True, False)


@pytest.mark.parametrize("kind", ["sglang", "unknown"])
async def test_who_cannot_be_asked_for_a_chat_is_said(kind: ServerKind) -> None:
    async with PageServer(SGLANG) as served, open_session() as http:
        with pytest.raises(NotServed, match=r"The model server cannot count the tokens of a chat\."):
            await protocol_named("openai").count_tokens(http, Server(served.url, kind=kind), CHAT, PATIENT)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Refusal(404), NotServed),
        ({"tokens": 7}, ProtocolError),
        ({"tokens": ["a"]}, ProtocolError),
        ({}, ProtocolError),
        ([{"text": "a"}], ProtocolError),
        ("not JSON", ProtocolError),
    ],
)
async def test_what_is_no_tokens_is_an_error_of_ours(answer: Any, expected: type[InferenceError]) -> None:
    async with PageServer({"POST /tokenize": answer}) as served, open_session() as http:
        with pytest.raises(InferenceError) as failed:
            await protocol_named("openai").tokenize(http, Server(served.url), "a", PATIENT)
    assert type(failed.value) is expected
