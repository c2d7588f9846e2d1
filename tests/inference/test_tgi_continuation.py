"""A partial reply is continued to the byte on TGI, whichever protocol the endpoint is registered with."""

import json
from collections.abc import AsyncGenerator

import pytest

from apps.inference.http.connection import open_session
from apps.inference.protocols import protocol_named
from apps.inference.requests import ChatMessage, ChatRequest, Delta, Timeouts
from apps.inference.server import Server
from tests.support.router_answers import router_body, router_sends
from tests.support.scripted_server import ScriptedServer, scripted_server
from tests.support.wire import whole

__all__ = ["scripted_server"]

QUESTION = ChatMessage("user", "q")
PARTIALS = ["a", "a ", "a\n", "a\n\n", "a\t", "  a", "a  ", " a ", "\n a\r\n", "a\u00a0"]
DONE = b'data: {"token":{"text":"b","special":false},"generated_text":"b","details":null}\n\n'


async def deltas_of(stream: AsyncGenerator[Delta]) -> list[Delta]:
    return [delta async for delta in stream]


async def ask(server: ScriptedServer, protocol: str, partial: str, *, size: str | None = "") -> list[Delta]:
    request = ChatRequest([QUESTION, ChatMessage("assistant", partial)], max_tokens=5)
    async with open_session() as http:
        endpoint = Server(server.url, kind="tgi", size=size)
        return await deltas_of(protocol_named(protocol).stream_chat(http, endpoint, request, Timeouts()))


@pytest.mark.parametrize("protocol", ["openai", "tgi"])
@pytest.mark.parametrize("partial", PARTIALS)
async def test_prompt_ends_with_the_partial_reply_as_it_stands(
    scripted_server: ScriptedServer, protocol: str, partial: str
) -> None:
    assert json.loads(router_body("chat_tokenize_continue_newline"))["templated_text"].endswith("</s>"), "the trap"
    scripted_server.answer(router_sends("chat_tokenize_continue_clean"))
    scripted_server.answer(*whole(200, DONE, "text/event-stream"))
    assert (await ask(scripted_server, protocol, partial))[-1].text == "b"
    template, prompt = scripted_server.requests
    assert (template.path, prompt.path) == ("/chat_tokenize", "/generate_stream")
    assert template.json["messages"][-1] == {"role": "assistant", "content": "a"}
    assert prompt.json["inputs"] == f"[INST] q [/INST] {partial}"


async def test_partial_reply_of_white_space_is_the_end_of_the_prompt(scripted_server: ScriptedServer) -> None:
    scripted_server.answer(*whole(200, b'{"templated_text": "<s>[INST] q [/INST]"}'))
    scripted_server.answer(*whole(200, DONE, "text/event-stream"))
    await ask(scripted_server, "openai", "\n ")
    assert scripted_server.requests[-1].json["inputs"] == "[INST] q [/INST]\n "


async def test_template_that_ends_the_turn_is_not_used(scripted_server: ScriptedServer) -> None:
    scripted_server.answer(router_sends("chat_tokenize_continue_newline"))
    scripted_server.answer(*whole(200, b'{"templated_text": "<s>[INST] q [/INST]"}'))
    scripted_server.answer(*whole(200, DONE, "text/event-stream"))
    await ask(scripted_server, "openai", " a")
    assert scripted_server.requests[-1].json["inputs"] == "[INST] q [/INST] a"


async def test_tgi_without_a_template_page_gets_the_format_of_code_llama(scripted_server: ScriptedServer) -> None:
    scripted_server.answer(router_sends("err_404"))
    scripted_server.answer(*whole(200, DONE, "text/event-stream"))
    assert (await ask(scripted_server, "tgi", "a "))[-1].text == "b"
    assert scripted_server.requests[-1].json["inputs"] == "[INST] q [/INST] a "


async def test_tgi_without_a_template_page_counts_the_format_of_code_llama(scripted_server: ScriptedServer) -> None:
    scripted_server.answer(router_sends("err_404"))
    scripted_server.answer(router_sends("tokenize"))
    async with open_session() as http:
        endpoint = Server(scripted_server.url, kind="tgi", size="")
        count = await protocol_named("tgi").count_tokens(http, endpoint, [QUESTION], Timeouts())
    assert count == len(json.loads(router_body("tokenize")))
    assert scripted_server.requests[-1].json["inputs"] == "[INST] q [/INST]"
