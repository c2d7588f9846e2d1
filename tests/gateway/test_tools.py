"""A function that must be called is a format of the reply: its arguments come back as a tool call."""

import json
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionMessageFunctionToolCall
from openai.types.chat.chat_completion import Choice

from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation, State
from apps.stores.threads import in_thread
from tests.gateway.calls import ended
from tests.gateway.openai_caller import client
from tests.support.counting_wire import chunk, native_details, native_token, usage
from tests.support.scripted_server import ScriptedServer, scripted_server
from tests.support.wire import Reset, Send, event, head

__all__ = ["client", "scripted_server"]

pytestmark = pytest.mark.django_db(transaction=True)

PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER: Any = {
    "type": "function",
    "function": {"name": "get_weather", "description": "Return the weather of a city.", "parameters": PARAMETERS},
}
TIME: Any = {"type": "function", "function": {"name": "get_time"}}
THIS: Any = {"type": "function", "function": {"name": "get_weather"}}
QUESTION: Any = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Weather in Köln?"}]
PIECES = ['{"ci', 'ty": "K', 'öln"}']
ARGUMENTS = '{"city": "Köln"}'
FORMAT = {"type": "json_schema", "json_schema": {"name": "get_weather", "schema": PARAMETERS}}
DONE = b"data: [DONE]\n\n"


def only_call(choice: Choice) -> ChatCompletionMessageFunctionToolCall:
    assert choice.message.tool_calls
    (call,) = choice.message.tool_calls
    assert isinstance(call, ChatCompletionMessageFunctionToolCall)
    return call


@in_thread
def serve(url: str, protocol: str, kind: str) -> Endpoint:
    endpoint = add_endpoint(name=f"{kind}-{protocol}", url=url, protocol=protocol, variant="instruct", size="7B")
    Endpoint.objects.filter(pk=endpoint.pk).update(discovered={"kind": kind})
    return endpoint


def script(server: ScriptedServer, protocol: str) -> None:
    if protocol == "tgi":
        last = {**native_token("</s>", special=True), "generated_text": ARGUMENTS}
        events = [*map(native_token, PIECES), {**last, "details": native_details(4, "eos_token")}]
        server.answer(head(), *(Send(event(one)) for one in events))
        return
    told = [*map(chunk, PIECES), chunk("", "stop"), {**chunk(""), "choices": [], "usage": usage(4)}]
    server.answer(head(), *(Send(event(one)) for one in told), Send(DONE))


@pytest.mark.parametrize(
    ("protocol", "kind", "sent"),
    [
        *(("openai", kind, FORMAT) for kind in ("vllm", "sglang", "llama.cpp")),
        ("openai", "tgi", {"type": "json_object", "value": PARAMETERS}),
        ("tgi", "tgi", {"type": "json", "value": PARAMETERS}),
    ],
)
@pytest.mark.parametrize(("tools", "choice"), [([TIME, WEATHER], THIS), ([WEATHER], "required")])
async def test_a_function_is_called(  # noqa: PLR0913, PLR0917 (a case and its fixtures)
    protocol: str,
    kind: str,
    sent: Any,
    tools: Any,
    choice: Any,
    client: openai.AsyncOpenAI,
    scripted_server: ScriptedServer,
) -> None:
    await serve(scripted_server.url, protocol, kind)
    script(scripted_server, protocol)
    asked: dict[str, Any] = {"model": "instruct", "messages": QUESTION, "tools": tools, "tool_choice": choice}
    (reply,) = (await client.chat.completions.create(**asked)).choices
    assert (reply.finish_reason, reply.message.content) == ("tool_calls", None)
    call = only_call(reply)
    assert (call.function.name, call.function.arguments) == ("get_weather", ARGUMENTS)
    request = scripted_server.requests[0].json
    assert (request["response_format"] if protocol == "openai" else request["parameters"]["grammar"]) == sent
    prompt = request["messages"][-1]["content"] if protocol == "openai" else request["inputs"]
    assert "Weather in Köln?\n\nCall the function get_weather, which does this: Return the weather of a city." in prompt
    assert json.dumps(PARAMETERS) in prompt
    script(scripted_server, protocol)
    *streamed, number = await _streamed(client, asked)
    assert streamed == ["get_weather", ARGUMENTS, "tool_calls"]
    latest = await Generation.objects.alatest("created_at")
    assert number == f"call_{latest.pk.hex}"


async def _streamed(client: openai.AsyncOpenAI, asked: dict[str, Any]) -> tuple[str, str, str, str]:
    name = arguments = reason = number = ""
    async for one in await client.chat.completions.create(**asked, stream=True):
        choice = one.choices[0]
        assert not choice.delta.content
        for call in choice.delta.tool_calls or ():
            assert call.index == 0
            assert call.function is not None
            name += call.function.name or ""
            number += call.id or ""
            arguments += call.function.arguments or ""
        reason += choice.finish_reason or ""
    return name, arguments, reason, number


async def test_a_call_that_is_cut_says_so(client: openai.AsyncOpenAI, scripted_server: ScriptedServer) -> None:
    await serve(scripted_server.url, "openai", "vllm")
    scripted_server.answer(head(), *(Send(event(one)) for one in (chunk(PIECES[0]), chunk("", "length"))), Send(DONE))
    asked: dict[str, Any] = {"model": "instruct", "messages": QUESTION, "tools": [WEATHER], "tool_choice": THIS}
    (reply,) = (await client.chat.completions.create(**asked)).choices
    assert reply.finish_reason == "length"


async def test_a_call_that_breaks_off_fails(client: openai.AsyncOpenAI, scripted_server: ScriptedServer) -> None:
    await serve(scripted_server.url, "openai", "vllm")
    scripted_server.answer(head(), Send(event(chunk(PIECES[0]))), Reset())
    asked: dict[str, Any] = {"model": "instruct", "messages": QUESTION, "tools": [WEATHER], "tool_choice": THIS}
    with pytest.raises(openai.APIError, match="would not keep to its format"):
        await client.chat.completions.create(**asked)
    generation = await Generation.objects.aget()
    assert (await in_thread(ended)(generation)).state == State.FAILED


@pytest.mark.parametrize("choice", ["none", None])
async def test_without_a_call_the_reply_is_text(
    choice: str | None, client: openai.AsyncOpenAI, scripted_server: ScriptedServer
) -> None:
    await serve(scripted_server.url, "openai", "unknown")
    scripted_server.answer(head(), *(Send(event(one)) for one in (chunk("Sunny."), chunk("", "stop"))), Send(DONE))
    asked: dict[str, Any] = {"model": "instruct", "messages": QUESTION, "tools": [WEATHER] if choice else []}
    asked["tool_choice"] = choice
    (reply,) = (await client.chat.completions.create(**asked)).choices
    assert (reply.message.content, reply.message.tool_calls, reply.finish_reason) == ("Sunny.", None, "stop")
    assert scripted_server.requests[0].json["messages"][-1]["content"] == QUESTION[-1]["content"]


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"tools": [WEATHER]}, "tools"),
        ({"tools": [WEATHER], "tool_choice": "auto"}, "tools"),
        ({"tools": [WEATHER, TIME], "tool_choice": "required"}, "tools"),
        ({"tools": [TIME], "tool_choice": THIS}, "tool_choice"),
        ({"tools": [WEATHER], "tool_choice": {"type": "allowed_tools"}}, "tool_choice"),
        ({"tools": [{"type": "web_search"}], "tool_choice": "required"}, "tools"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}], "tool_choice": "required"}, "tools"),
        ({"tools": "x", "tool_choice": "required"}, "tools"),
        ({"tools": [WEATHER], "tool_choice": THIS, "response_format": FORMAT}, "response_format"),
        ({"functions": [WEATHER["function"]]}, "functions"),
        (
            {
                "tools": [{"type": "function", "function": {"name": "f", "parameters": {"title": "\0"}}}],
                "tool_choice": "required",
            },
            "tools",
        ),
    ],
)
async def test_anything_else_is_refused(
    wrong: dict[str, Any], param: str, client: openai.AsyncOpenAI, scripted_server: ScriptedServer
) -> None:
    await serve(scripted_server.url, "openai", "vllm")
    with pytest.raises(openai.BadRequestError) as refused:
        await client.chat.completions.create(model="instruct", messages=QUESTION, extra_body=wrong)
    assert refused.value.param == param
    assert not await Generation.objects.aexists()


@pytest.mark.parametrize(("protocol", "kind", "tool"), [("openai", "unknown", WEATHER), ("tgi", "tgi", TIME)])
async def test_a_server_that_keeps_no_formats_is_not_asked(
    protocol: str, kind: str, tool: Any, client: openai.AsyncOpenAI, scripted_server: ScriptedServer
) -> None:
    await serve(scripted_server.url, protocol, kind)
    with pytest.raises(openai.BadRequestError, match="take any, Text Generation Inference a schema") as refused:
        await client.chat.completions.create(model="instruct", messages=QUESTION, tools=[tool], tool_choice="required")
    assert refused.value.param == "tools"


async def test_a_real_llama_cpp_fills_the_arguments(client: openai.AsyncOpenAI, model_server: str) -> None:
    await serve(model_server, "openai", "llama.cpp")
    await Endpoint.objects.all().aupdate(model_id="SmolLM2-135M-Instruct", size="")
    cities = {"type": "object", "properties": {"city": {"enum": ["Bonn", "Köln"]}}, "required": ["city"]}
    tool: Any = {"type": "function", "function": {"name": "get_weather", "parameters": cities}}
    answer = await client.chat.completions.create(
        model="instruct", messages=QUESTION, tools=[tool], tool_choice=THIS, max_tokens=200, temperature=0
    )
    call = only_call(answer.choices[0])
    assert json.loads(call.function.arguments)["city"] in {"Bonn", "Köln"}
