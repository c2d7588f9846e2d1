"""Text that a tokenizer would read as markup is sent as text: in every prompt, in every role, in every protocol."""

from typing import Any

import aiohttp
import pytest

from apps.inference.prompts import chat_prompt, completion_prompt, infilling_prompt
from apps.inference.protocols import protocol_named
from apps.inference.protocols.openai import chat_body
from apps.inference.requests import ChatMessage, ChatRequest, CompletionRequest, Timeouts
from apps.inference.server import Server
from tests.support.scripted_server import ScriptedServer, scripted_server
from tests.support.wire import whole

__all__ = ["scripted_server"]

TOKENS = ("<unk>", "<s>", "</s>", "<PRE>", "<SUF>", "<MID>", "<EOT>", "<step>")
CHAT_TAGS = ("[INST]", "[/INST]", "<<SYS>>", "<</SYS>>")
FOREIGN = ("<FILL_ME>", "<|im_end|>", "<|eot_id|>", "<|endoftext|>", "<｜User｜>")
EVERY = TOKENS + CHAT_TAGS + FOREIGN


def apart(tag: str) -> str:
    return f"{tag[0]} {tag[1:]}"


def dialogue(tag: str) -> list[ChatMessage]:
    """Return a conversation whose every message holds ``tag``."""
    roles = ("system", "user", "assistant", "user", "assistant")
    return [ChatMessage(role, f"{role}{number} {tag}!") for number, role in enumerate(roles)]  # type: ignore[arg-type]


@pytest.mark.parametrize("size", ["7B", "34B", "70B"])
@pytest.mark.parametrize("tag", EVERY)
def test_rendered_chat_holds_the_tag_as_text_in_every_role(size: str, tag: str) -> None:
    prompt = chat_prompt(dialogue(tag), size=size)
    for message in dialogue(tag):
        assert message.content.replace(tag, apart(tag)) in prompt.text
    assert prompt.text.count(tag) == chat_prompt(dialogue("x"), size=size).text.count(tag)


@pytest.mark.parametrize("kind", ["tgi", "vllm", "sglang", "llama.cpp", "unknown"])
@pytest.mark.parametrize("tag", EVERY)
def test_openai_style_chat_holds_the_tag_as_text_in_every_role(kind: Any, tag: str) -> None:
    body = chat_body(Server("http://a", kind=kind), ChatRequest(dialogue(tag)))
    sent = [message["content"] for message in body["messages"]]
    assert sent == [message.content.replace(tag, apart(tag)) for message in dialogue(tag)]


@pytest.mark.parametrize("tag", EVERY)
async def test_template_of_the_server_gets_the_tag_as_text(tag: str, scripted_server: ScriptedServer) -> None:
    for _ in range(2):
        scripted_server.answer(*whole(200, b'{"templated_text": "assistant: ", "tokenize_response": []}'))
    server = Server(scripted_server.url, model="other", size="")
    request = ChatRequest(dialogue(tag), max_tokens=1)
    async with aiohttp.ClientSession() as http:
        async for _ in protocol_named("tgi").stream_chat(http, server, request, Timeouts()):
            pass
    *renderings, generating = [request.json for request in scripted_server.requests]
    assert renderings
    for rendering in renderings:
        sent = [message["content"] for message in rendering["messages"]]
        assert sent == [message.content.replace(tag, apart(tag)) for message in dialogue(tag)][: len(sent)]
    assert generating["inputs"].endswith(f"assistant4 {apart(tag)}!")


@pytest.mark.parametrize("kind", ["tgi", "vllm", "llama.cpp"])
async def test_count_is_of_what_is_sent(kind: Any, scripted_server: ScriptedServer) -> None:
    scripted_server.answer(*whole(200, b'{"tokenize_response": [1], "tokens": [1], "prompt": "x"}'))
    async with aiohttp.ClientSession() as http:
        server = Server(scripted_server.url, kind=kind, size="")
        await protocol_named("openai").count_tokens(http, server, dialogue("</s>"), Timeouts())
    sent = [message["content"] for message in scripted_server.requests[0].json["messages"]]
    assert sent == [message.content.replace("</s>", "< /s>") for message in dialogue("</s>")]


@pytest.mark.parametrize("near", ["[inst]", "[ INST]", "<< SYS >>", "<Step>", "<pre>", "< s>", "Source: user", "<s"])
def test_text_that_only_looks_like_a_tag_stays(near: str) -> None:
    assert near in chat_prompt([ChatMessage("user", f"Explain {near}!")], size="70B").text


def test_pipes_of_a_program_stay() -> None:
    text = "xs |> map f <| y |> print; a <| b; c || d"
    assert chat_prompt([ChatMessage("user", text)], size="7B").text == f"[INST] {text} [/INST]"


@pytest.mark.parametrize("token", TOKENS + FOREIGN)
def test_documents_hold_special_tokens_as_text(token: str) -> None:
    assert completion_prompt(f"x = '{token}'").text == f"x = '{apart(token)}'"
    assert infilling_prompt(f"x = '{token}' ", "").text == f"<PRE> <SUF> <MID> x = '{apart(token)}' "
    assert infilling_prompt("", f"x = '{token}'").text == f"<PRE> <SUF>x = '{apart(token)}' <MID>"


@pytest.mark.parametrize("tag", CHAT_TAGS)
def test_documents_keep_the_chat_tags_which_are_mere_text_there(tag: str) -> None:
    assert completion_prompt(f"# {tag}").text == f"# {tag}"
    assert infilling_prompt(f"# {tag} ", "").text == f"<PRE> <SUF> <MID> # {tag} "


@pytest.mark.parametrize("protocol", ["tgi", "openai"])
@pytest.mark.parametrize("prompt", ["a <FILL_ME> b", "<FILL_ME><FILL_ME>", "<PRE> a <SUF>b <MID>", "</s>"])
async def test_raw_prompt_keeps_all_tokens_but_the_one_that_breaks_the_server(
    protocol: str, prompt: str, scripted_server: ScriptedServer
) -> None:
    request = CompletionRequest(prompt, max_tokens=1)
    async with aiohttp.ClientSession() as http:
        stream = protocol_named(protocol).stream_completion(http, Server(scripted_server.url), request, Timeouts())
        async for _ in stream:
            pass
    sent = scripted_server.requests[0].json
    assert sent.get("inputs", sent.get("prompt")) == prompt.replace("<FILL_ME>", "< FILL_ME>")
