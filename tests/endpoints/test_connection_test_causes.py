"""The connection test names what is wrong for what it is, and asks as a chat does."""

import asyncio
from typing import Any

import pytest

from apps.embedded.ports import free_port
from apps.endpoints.connection_test import steps
from apps.endpoints.connection_test.record import Candidate, Outcome, StepResult
from apps.endpoints.connection_test.run import run_steps
from apps.endpoints.connection_test.steps import ServerUnderTest
from apps.inference.requests import Timeouts
from apps.inference.server_pages import PATHS
from tests.inference.served_pages import LLAMA_CPP, TGI, VLLM, PageServer, Refusal, Silence
from tests.support import counting_chat
from tests.support.wire import Request

WELCOME = "<!doctype html><html><body>Welcome to nginx!</body></html>"
QUICK = Timeouts(connect=1.0, first_token=0.5, between_tokens=0.5, total=2.0)


GENERATES = ("/v1/chat/completions", "/v1/completions", "/generate_stream")


class CountingPages(PageServer):
    """Generates as the counting model does, but for the paths that ``pages`` answer."""

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if f"{request.method} {request.path}" in self.pages or request.path not in GENERATES:
            await super()._answer(request, writer)
            return
        async for data in counting_chat.answer(request, counting_chat.Holds()):
            writer.write(data or b"")


async def tried(
    url: str, *, variant: str = "instruct", size: str = "7B", protocol: str = "openai", model: str = ""
) -> dict[str, StepResult]:
    """Run every step; return the results by step."""
    results: list[StepResult] = []
    subject = ServerUnderTest.of(Candidate(url, protocol, variant, size, model))
    await run_steps(subject, results.append)
    return {result.step: result for result in results}


@pytest.mark.parametrize(
    "pages",
    [
        {},
        {"GET /": WELCOME},
        {"GET /v1/models": WELCOME, "GET /info": WELCOME},
        {"GET /v1/models": {"hello": "world"}},
        {"POST /tokenize": Refusal(501)},  # http.server of Python, which takes no POST
        {"POST /tokenize": Refusal(415), "GET /info": Refusal(301)},
        {**{f"GET {path}": Refusal(400) for path in PATHS}, "POST /tokenize": Refusal(400)},
    ],
)
async def test_web_server_is_called_one(pages: dict[str, Any]) -> None:
    async with PageServer(pages) as server:
        reach = (await tried(server.url))["reachability"]
    assert (reach.outcome, reach.sentence) == (
        Outcome.FAILED,
        "A web server answers, but it has no model API. Check the address and the port.",
    )


@pytest.mark.parametrize(
    "banner",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"220 mail.example.org ESMTP\r\n",
        b"-ERR wrong number of arguments for 'get' command\r\n",
        b"J\x00\x00\x00\n8.0.36\x00\x08\x00\x00\x00\xff\xf7",
    ],
)
async def test_program_that_does_not_speak_http_is_not_called_a_web_server(banner: bytes) -> None:
    connections = 0

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        if connections != 1:  # one is closed without an answer
            await reader.readline()
            writer.write(banner)
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        reach = (await tried(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"))["reachability"]
    assert connections > 1
    assert (reach.outcome, reach.sentence) == (
        Outcome.FAILED,
        "A program answers at the model server's address, but it does not speak HTTP. Check the port.",
    )


async def test_closed_port_and_unknown_host_are_told_apart() -> None:
    refused = (await tried(f"http://127.0.0.1:{free_port()}"))["reachability"].sentence
    unknown = (await tried("http://no-such-host.invalid:8080"))["reachability"].sentence
    assert refused.startswith("The model server refused the connection: no program listens")
    assert refused.endswith("TGI opens its port only when its model is loaded.")
    assert unknown == "The host name of the model server is not known. Check its address."


async def test_server_that_closes_the_connection_is_not_said_to_have_lost_a_reply() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        reach = (await tried(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"))["reachability"]
    assert (reach.outcome, reach.sentence) == (
        Outcome.FAILED,
        "The server closed the connection without an answer. Check the port, and whether its address is https://.",
    )


async def test_hanging_server_is_not_called_slow_at_a_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "TIMEOUTS", QUICK)
    pages = {f"GET {path}": Silence() for path in ("/info", "/v1/models", "/version", "/props")}
    async with PageServer(pages | {"GET /get_model_info": Silence(), "POST /tokenize": Silence()}) as server:
        reach = (await tried(server.url))["reachability"]
    assert reach.sentence == "The model server accepts connections, but does not answer. It may hang; restart it."


@pytest.mark.parametrize("pages", [VLLM, TGI])
async def test_server_that_chats_and_does_not_complete_is_ready_for_chats(pages: dict[str, Any]) -> None:
    async with CountingPages(pages | {"POST /v1/completions": Refusal(404)}) as server:
        results = await tried(server.url)
    assert results["infilling"].outcome == Outcome.NOT_OFFERED
    assert "/v1/completions" in results["infilling"].sentence
    assert {result.outcome for result in results.values()} == {Outcome.PASSED, Outcome.NOT_OFFERED}


async def test_base_without_completions_is_not_ready_and_says_what_is_missing() -> None:
    async with CountingPages(VLLM | {"POST /v1/completions": Refusal(404)}) as server:
        results = await tried(server.url, variant="base")
    assert results["chat"].outcome == Outcome.FAILED
    assert "/v1/completions" in results["chat"].sentence


@pytest.mark.parametrize("refusal", [Refusal(404), Refusal(500), Refusal(400)])
async def test_server_that_cannot_count_is_ready(refusal: Refusal) -> None:
    async with CountingPages(LLAMA_CPP | {"POST /tokenize": refusal, "POST /infill": Refusal(501)}) as server:
        results = await tried(server.url, size="70B")
    assert results["tokenization"].outcome == Outcome.NOT_OFFERED
    assert results["chat"].outcome == Outcome.PASSED


async def test_missing_model_is_named() -> None:
    missing = Refusal(404, {"error": {"message": "The model `m2` does not exist.", "type": "NotFoundError"}})
    async with CountingPages(VLLM | {"POST /v1/chat/completions": missing}) as server:
        results = await tried(server.url, model="m2")
    assert results["chat"].sentence == "The model server does not offer the model “m2”."


async def test_large_instruct_is_asked_in_its_own_format() -> None:
    async with CountingPages(TGI) as server:
        results = await tried(server.url, protocol="tgi", size="70B")
        chats = [request for request in server.asked("/generate_stream") if "Source: user" in request["inputs"]]
    assert results["chat"].outcome == Outcome.PASSED
    assert chats
    assert all("<step>" in request["parameters"]["stop"] for request in chats)


async def test_tgi_is_not_asked_for_an_adapter() -> None:
    async with CountingPages(TGI) as server:
        await tried(server.url, model="codellama/CodeLlama-7b-Instruct-hf")
        asked = server.asked("/v1/chat/completions")
    assert asked
    assert not any("model" in request for request in asked)
