"""A gap that a caller sends, to the byte at each kind of server; and fifty short completions at once."""

import asyncio
from typing import Any

import httpx2 as httpx
import pytest

from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.stores.threads import in_thread
from tests.support.counting_wire import DONE, completion_chunk, native_details, native_token, usage
from tests.support.scripted_server import ScriptedServer, scripted_server
from tests.support.services import Running
from tests.support.wire import Send, event, head

__all__ = ["scripted_server"]

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 50


def openai_stream(tokens: list[str]) -> bytes:
    last = {**completion_chunk("", "stop"), "usage": usage(len(tokens))}
    return b"".join([*(event(completion_chunk(token)) for token in tokens), event(last), DONE])


def native_stream(tokens: list[str]) -> bytes:
    details = native_details(len(tokens), "stop_sequence" if tokens[-1].endswith("<EOT>") else "eos_token")
    last = {**native_token("</s>", special=True), "generated_text": "".join(tokens), "details": details}
    return b"".join([*(event(native_token(token)) for token in tokens), event(last)])


def infill_stream(tokens: list[str]) -> bytes:
    last = {"content": "", "stop": True, "stop_type": "eos", "tokens_evaluated": 9, "tokens_predicted": len(tokens)}
    return b"".join([*(event({"content": token, "stop": False}) for token in tokens), event(last)])


STREAMS = {"vllm": openai_stream, "tgi": native_stream, "llama.cpp": infill_stream}
PATHS = {"vllm": "/v1/completions", "tgi": "/generate_stream", "llama.cpp": "/infill"}


@in_thread
def serve(server: ScriptedServer, kind: str) -> None:
    protocol = "tgi" if kind == "tgi" else "openai"
    endpoint = add_endpoint(
        name="gpu-1", url=server.url, protocol=protocol, variant="base", size="7B", max_concurrency=60
    )
    Endpoint.objects.filter(pk=endpoint.pk).update(discovered={"kind": kind})


def text_sent(server: ScriptedServer, kind: str) -> Any:
    (asked,) = [request.json for request in server.requests if request.path == PATHS[kind]]
    if kind == "llama.cpp":
        return asked["input_prefix"], asked["input_suffix"]
    return asked["inputs" if kind == "tgi" else "prompt"]


# Before, after, what the model writes, the infilling prompt, and the middle that the caller gets.
CASES = {
    "line ends of Windows": (
        "def f():\r\n    ",
        "\r\n    return x\r\n",
        ["x = 1\n", "    y = 2"],
        "<PRE> <SUF>\n    return x\n <MID> def f():\n    ",
        "x = 1\r\n    y = 2",
    ),
    "spaces at the seams": ("a +  ", "  + b  \n", ["  c", "  "], "<PRE> <SUF>  + b  \n <MID> a +  ", "  c  "),
    "after a word": ("def add", "\n    pass\n", ["(a, b", "):"], "<PRE> def add <SUF>\n    pass\n <MID>", "(a, b):"),
    "line breaks alone": ("\n", "\n\n", ["\n", "\n"], "<PRE> <SUF>\n\n <MID> \n", "\n\n"),
    "tags within the code": (
        'p("<PRE>',
        '<SUF>")',
        ["<MID", "> </s", "> "],
        '<PRE> <SUF> < SUF>") <MID> p("< PRE>',
        "<MID> </s> ",
    ),
}


@pytest.mark.parametrize("kind", list(STREAMS))
@pytest.mark.parametrize("case", CASES)
async def test_a_gap_to_the_byte(
    kind: str, case: str, api: httpx.Client, scripted_server: ScriptedServer, celery_worker_process: Running
) -> None:
    before, after, tokens, prompt, middle = CASES[case]
    await serve(scripted_server, kind)
    scripted_server.answer(head(), Send(STREAMS[kind](tokens)))
    asked = {"model": "code-llama-base-7b", "prompt": before, "suffix": after}
    answer = await asyncio.to_thread(api.post, "completions", json=asked)
    assert answer.status_code == 200, answer.text
    assert answer.json()["choices"][0]["text"] == middle
    sides = (before.replace("\r\n", "\n"), after.replace("\r\n", "\n"))
    assert text_sent(scripted_server, kind) == (sides if kind == "llama.cpp" else prompt)


@pytest.mark.parametrize("kind", ["vllm", "tgi"])
@pytest.mark.parametrize("tokens", [["x", " <EOT>"], ["x", "<E", "OT>"], ["x", "<EOT>", "and more"]])
async def test_the_end_token_is_not_in_the_text(
    kind: str, tokens: list[str], api: httpx.Client, scripted_server: ScriptedServer, celery_worker_process: Running
) -> None:
    await serve(scripted_server, kind)
    scripted_server.answer(head(), Send(STREAMS[kind](tokens)))
    asked = {"model": "code-llama-base", "prompt": "a = ", "suffix": "\n"}
    answer = await asyncio.to_thread(api.post, "completions", json=asked)
    assert answer.json()["choices"][0] == {"index": 0, "text": "x", "logprobs": None, "finish_reason": "stop"}


async def test_fifty_short_completions_at_once(
    api: httpx.Client, scripted_server: ScriptedServer, celery_worker_process: Running
) -> None:
    """Each caller gets its own text, whole: of continued texts and of gaps."""
    await serve(scripted_server, "vllm")

    async def ask(client: httpx.AsyncClient, number: int) -> str:
        asked = {"model": "code-llama-base", "prompt": f"count to {number}\n", "suffix": "\n# end" * (number % 2)}
        answer = await client.post("completions", json=asked)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["choices"][0]["text"])

    async with httpx.AsyncClient(base_url=api.base_url, headers=api.headers, timeout=api.timeout) as client:
        texts = await asyncio.gather(*(ask(client, number) for number in range(1, AT_ONCE + 1)))
    assert texts == [" ".join(map(str, range(1, number + 1))) for number in range(1, AT_ONCE + 1)]
