"""Requests to ``/generate_stream``, and refusals before sending."""

from contextlib import aclosing
from typing import Any

import pytest

from apps.inference.errors import InvalidRequest
from apps.inference.http.connection import open_session
from apps.inference.protocols import protocol_named
from apps.inference.protocols.tgi import code_llama_size
from apps.inference.requests import ChatMessage, ChatRequest, CompletionRequest, Timeouts
from apps.inference.server import Server
from tests.support.counting_wire import native_details, native_token
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import Send, event, head

USER = ChatMessage("user", "Write a haiku.")
TGI = protocol_named("tgi")
PATIENT = Timeouts(first_token=30)


def reply(*texts: str) -> Send:
    told = b"".join(event(native_token(text)) for text in texts)
    last = native_token("</s>", special=True) | {"generated_text": "".join(texts), "details": native_details(2, "stop")}
    return Send(head().data + told + event(last))


async def tell(
    scripted_server: ScriptedServer,
    request: ChatRequest | CompletionRequest,
    *texts: str,
    model: str = "",
    size: str | None = None,
) -> tuple[str, Any]:
    """Return the text that came back, and the JSON that was sent."""
    server = Server(scripted_server.url, model=model, size=size)
    scripted_server.answer(reply(*texts))
    async with open_session() as http:
        if isinstance(request, ChatRequest):
            stream = TGI.stream_chat(http, server, request, PATIENT)
        else:
            stream = TGI.stream_completion(http, server, request, PATIENT)
        async with aclosing(stream) as deltas:
            text = "".join([delta.text async for delta in deltas])
    return text, (await scripted_server.request()).json


async def test_chat_is_rendered_as_code_llama_reads_it(scripted_server: ScriptedServer) -> None:
    request = ChatRequest([ChatMessage("system", "Be brief."), USER])
    assert (await tell(scripted_server, request))[1] == {
        "inputs": "[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nWrite a haiku. [/INST]",
        "parameters": {"do_sample": True, "return_full_text": False, "details": True},
    }


@pytest.mark.parametrize("partial", ["An old silent", " An old silent"])
async def test_partial_reply_is_the_end_of_the_prompt(scripted_server: ScriptedServer, partial: str) -> None:
    request = ChatRequest([USER, ChatMessage("assistant", partial)])
    text, sent = await tell(scripted_server, request, " pond")
    assert sent["inputs"] == "[INST] Write a haiku. [/INST] An old silent"
    assert text == " pond"


async def test_completion_goes_out_as_it_is(scripted_server: ScriptedServer) -> None:
    prompt = "<PRE> def f(): <SUF>\n\n <MID>"
    text, sent = await tell(scripted_server, CompletionRequest(prompt, max_tokens=5), " pass", " <EOT>")
    assert sent["inputs"] == prompt
    assert sent["parameters"]["max_new_tokens"] == 5
    assert text == " pass <EOT>"  # whoever rendered the prompt knows what to cut


async def test_reply_of_70b_ends_before_its_mark(scripted_server: ScriptedServer) -> None:
    request = ChatRequest([USER])
    text, sent = await tell(scripted_server, request, " Hi", "<", "step>", model="CodeLlama-70b-Instruct-hf")
    assert sent["inputs"].startswith(" Source: system")
    assert sent["parameters"]["stop"] == ["<step>"]
    assert text == " Hi"


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({}, {"do_sample": True}),
        ({"temperature": 0}, {"do_sample": False}),
        ({"temperature": 0, "top_p": 0.5, "seed": 1}, {"do_sample": False, "seed": 1}),
        ({"temperature": 0.2, "top_p": 0.9}, {"do_sample": True, "temperature": 0.2, "top_p": 0.9}),
        ({"top_p": 1}, {"do_sample": True}),
        ({"stop": ("a", "b"), "seed": 0}, {"do_sample": True, "stop": ["a", "b"], "seed": 0}),
    ],
)
async def test_parameters_are_put_as_tgi_takes_them(
    scripted_server: ScriptedServer, given: dict[str, Any], sent: dict[str, Any]
) -> None:
    always = {"return_full_text": False, "details": True}
    assert (await tell(scripted_server, CompletionRequest("a", **given)))[1]["parameters"] == sent | always


@pytest.mark.parametrize(
    ("request_", "size", "sentence"),
    [
        (CompletionRequest("a", suffix="b"), None, "This model server takes no suffix"),
        (CompletionRequest(""), None, "There is no text to complete."),
        (CompletionRequest("a", stop=["1", "2", "3", "4", "5"]), None, "At most 4 stop sequences can be asked for."),
        (ChatRequest([USER], stop=["1", "2", "3", "4"]), "70B", "At most 3 stop sequences can be asked for"),
        (ChatRequest([]), None, "There is no message to answer."),
        (ChatRequest([USER, USER]), None, "Messages 1 and 2 are both from the user"),
    ],
)
async def test_what_tgi_would_refuse_is_not_sent(
    scripted_server: ScriptedServer, request_: ChatRequest | CompletionRequest, size: str | None, sentence: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await tell(scripted_server, request_, size=size)
    assert refused.value.sentence.startswith(sentence)
    assert scripted_server.requests == []


async def test_another_model_is_asked_for_its_own_template(scripted_server: ScriptedServer) -> None:
    async with open_session() as http:
        server = Server(scripted_server.url, size="")
        messages = [USER, ChatMessage("assistant", "1 2 ")]
        async with aclosing(TGI.stream_chat(http, server, ChatRequest(messages, max_tokens=2), PATIENT)) as deltas:
            [_ async for _ in deltas]
    template, prompt = scripted_server.requests
    assert template.path == "/chat_tokenize"
    assert template.json["messages"][-1] == {"role": "assistant", "content": "1 2"}
    assert (prompt.path, prompt.json["inputs"]) == ("/generate_stream", "[user]Write a haiku.[assistant]1 2 ")


@pytest.mark.parametrize(
    ("model", "size", "expected"),
    [
        ("", None, "7B"),
        ("codellama/CodeLlama-13b-Instruct-hf", None, "13B"),
        ("codellama/CodeLlama-70b-Instruct-hf", None, "70B"),
        ("code-llama", None, "7B"),
        ("", "70B", "70B"),
        ("bigcode/starcoder2-7b", None, None),
        ("codellama/CodeLlama-7b-Instruct-hf", "", None),
    ],
)
def test_size_is_found(model: str, size: str | None, expected: str | None) -> None:
    assert code_llama_size(Server("http://127.0.0.1:1", model=model, size=size)) == expected
