"""A refused request is named by what the server says, whichever server it is, and nothing it says is shown."""

import json
import socket
from typing import Any

import pytest

from apps.inference.errors import (
    AuthenticationFailed,
    ContextTooLong,
    InferenceError,
    InvalidRequest,
    NotServed,
    Overloaded,
    ServerError,
    Unreachable,
)
from tests.contract.conftest import Ask
from tests.contract.dialects import RECORDINGS, Dialect
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import Send, Wait, head, whole

TGI_TOO_LONG = "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 and 200"
VLLM_TOO_LONG = "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens."
SGLANG_TOO_LONG = "The input (5000 tokens) is longer than the model's context length (4096 tokens)."
LLAMA_TOO_LONG = "the request exceeds the available context size, try increasing it"


def tgi(message: str, kind: str) -> bytes:
    return json.dumps({"error": message, "error_type": kind}).encode()


def vllm(message: str, kind: str, code: int) -> bytes:
    return json.dumps({"error": {"message": message, "type": kind, "param": None, "code": code}}).encode()


def sglang(message: str, kind: str, code: int) -> bytes:
    return json.dumps({"object": "error", "message": message, "type": kind, "param": None, "code": code}).encode()


def llama_cpp(message: str, kind: str, code: int, **more: Any) -> bytes:
    return json.dumps({"error": {"code": code, "message": message, "type": kind, **more}}).encode()


REFUSALS: list[tuple[int, bytes, type[InferenceError]]] = [
    (429, tgi("Model is overloaded", "overloaded"), Overloaded),
    (424, tgi("Request failed during generation: CUDA error", "generation"), ServerError),
    (500, tgi("Incomplete generation", "incomplete_generation"), ServerError),
    (503, tgi("unhealthy", "healthcheck"), Overloaded),
    (
        422,
        tgi("Input validation error: `stop` supports up to 4 stop sequences. Given: 6", "validation"),
        InvalidRequest,
    ),
    (422, tgi("Template error: template not found", "template_error"), InvalidRequest),
    (422, tgi("Tool error: Grammar and tools are mutually exclusive", "tool_error"), InvalidRequest),
    (422, tgi(TGI_TOO_LONG, "validation"), ContextTooLong),
    (422, b"Failed to deserialize the JSON body into the target type: missing field `messages`", InvalidRequest),
    (413, b"Failed to buffer the request body: length limit exceeded", InvalidRequest),
    (415, b"Expected request with `Content-Type: application/json`", InvalidRequest),
    (401, b"", AuthenticationFailed),
    (403, b"", AuthenticationFailed),
    (400, vllm(VLLM_TOO_LONG, "BadRequestError", 400), ContextTooLong),
    (400, vllm("temperature must be non-negative, got -1.0.", "BadRequestError", 400), InvalidRequest),
    (404, vllm("The model `llama` does not exist.", "NotFoundError", 404), NotServed),
    (500, vllm("EngineCore encountered an issue.", "InternalServerError", 500), ServerError),
    (400, sglang(SGLANG_TOO_LONG, "BadRequestError", 400), ContextTooLong),
    (400, sglang("top_p must be in (0, 1], got 2.0.", "BadRequestError", 400), InvalidRequest),
    (400, llama_cpp(LLAMA_TOO_LONG, "exceed_context_size_error", 400, n_prompt_tokens=9, n_ctx=8), ContextTooLong),
    (500, llama_cpp("the request exceeds the available context size", "server_error", 500), ContextTooLong),
    (503, llama_cpp("Loading model", "unavailable_error", 503), Overloaded),
    (401, llama_cpp("Invalid API Key", "authentication_error", 401), AuthenticationFailed),
    (501, llama_cpp("This server does not support it", "not_supported_error", 501), InvalidRequest),
    (502, b"<html><body>Bad Gateway</body></html>", Unreachable),
    (504, b"", Unreachable),
    (599, b"\xff\xfe[[[[", ServerError),
    (500, b"[" * 60_000, ServerError),
]


def recorded_refusals() -> list[tuple[int, bytes, type[InferenceError]]]:
    """The refusals among the recorded and constructed answers of TGI."""
    expected = {
        "chat_422_grammar_and_tools": InvalidRequest,
        "http_413_payload": InvalidRequest,
        "http_422_batch": InvalidRequest,
        "http_422_stop_sequences": InvalidRequest,
        "http_422_suffix": InvalidRequest,
        "http_422_template": InvalidRequest,
        "http_422_top_p": InvalidRequest,
        "http_424_generation": ServerError,
        "http_429_overloaded": Overloaded,
        "http_500_incomplete": ServerError,
        "http_503_health": Overloaded,
    }
    answers = json.loads((RECORDINGS / "answers.json").read_text())
    assert expected.keys() == {name for name, answer in answers.items() if answer["http"]["status"] != 200}
    return [
        (answer["http"]["status"], answer.get("response_body", json.dumps(answer.get("response"))).encode(), error)
        for answer, error in ((answers[name], error) for name, error in expected.items())
    ]


@pytest.mark.parametrize(("status", "body", "expected"), [*REFUSALS, *recorded_refusals()])
async def test_refusal_is_named(
    ask: Ask, scripted_server: ScriptedServer, status: int, body: bytes, expected: type[InferenceError]
) -> None:
    scripted_server.answer(*whole(status, body))
    outcome = await ask()
    assert type(outcome.error) is expected, outcome.error
    assert outcome.deltas == []


@pytest.mark.parametrize("status", [429, 502, 503])
async def test_passing_failure_is_followed_by_a_reply(
    dialect: Dialect, ask: Ask, scripted_server: ScriptedServer, status: int
) -> None:
    scripted_server.answer(*whole(status, b""))
    scripted_server.answer(head(), Send(dialect.reply("fine")))
    first, second = await ask(), await ask()
    assert first.error is not None
    assert first.error.may_retry
    assert second.succeeded
    assert second.text == "fine"


async def test_server_that_starts_is_reached_later(dialect: Dialect, ask: Ask, scripted_server: ScriptedServer) -> None:
    with socket.socket() as reserved:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        outcome = await ask(url=f"http://127.0.0.1:{port}")
    assert type(outcome.error) is Unreachable
    assert outcome.error.may_retry
    async with ScriptedServer(port) as started:
        started.answer(head(), Send(dialect.reply("fine")))
        assert (await ask(url=started.url)).text == "fine"


async def test_nothing_that_the_server_says_reaches_the_sentence(ask: Ask, scripted_server: ScriptedServer) -> None:
    scripted_server.answer(*whole(400, vllm("<script>alert(1)</script>\r\nwith a new line", "BadRequestError", 400)))
    error = (await ask()).error
    assert error is not None
    assert error.detail == "400: <script>alert(1)</script> with a new line"
    assert "script" not in error.sentence
    assert "script" not in str(error)


async def test_token_goes_out_as_bearer_and_stays_out_of_details(ask: Ask, scripted_server: ScriptedServer) -> None:
    scripted_server.answer(*whole(401, b"I will not accept secret-0123 from you"))
    error = (await ask(token="secret-0123")).error
    assert (await scripted_server.request()).headers["authorization"] == "Bearer secret-0123"
    assert error is not None
    assert error.detail == "401: I will not accept [token] from you"


async def test_no_token_sends_no_authorization(ask: Ask, scripted_server: ScriptedServer) -> None:
    await ask()
    request = await scripted_server.request()
    assert "host" in request.headers
    assert "authorization" not in request.headers
    assert "cookie" not in request.headers


@pytest.mark.parametrize("token", ["two\r\nlines", "schlüssel", "nul\0"])
async def test_token_that_no_header_can_carry_is_never_sent(
    ask: Ask, scripted_server: ScriptedServer, token: str
) -> None:
    outcome = await ask(token=token)
    assert type(outcome.error) is AuthenticationFailed
    assert scripted_server.requests == []


async def test_endless_error_body_is_not_read_to_its_end(ask: Ask, scripted_server: ScriptedServer) -> None:
    scripted_server.answer(head(500, "text/plain"), Send(b"x" * 1_000_000), Wait())
    outcome = await ask()
    assert type(outcome.error) is ServerError
    assert len(outcome.error.detail) <= 300
    await (await scripted_server.request()).left.wait()


async def test_closed_port_is_unreachable(ask: Ask) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        outcome = await ask(url=f"http://127.0.0.1:{unused.getsockname()[1]}")
    assert type(outcome.error) is Unreachable
    assert outcome.error.may_retry


@pytest.mark.parametrize(
    "url",
    [
        "",
        "not a url",
        "//127.0.0.1",
        "http://a..b",
        "ftp://127.0.0.1",
        "http://",
        "http://127.0.0.1:99999",
        "http://[::1",
    ],
)
async def test_address_that_is_none_is_refused(dialect: Dialect, ask: Ask, url: str) -> None:
    outcome = await ask(url=url or "/")
    assert type(outcome.error) is InvalidRequest
    assert outcome.error.sentence == "The address of the model server is not a web address."


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/"])
async def test_address_may_end_in_a_slash_or_v1(
    dialect: Dialect, ask: Ask, scripted_server: ScriptedServer, suffix: str
) -> None:
    scripted_server.answer(head(), Send(dialect.reply("fine")))
    outcome = await ask(url=scripted_server.url + suffix)
    assert outcome.succeeded
    assert (await scripted_server.request()).path == dialect.path
