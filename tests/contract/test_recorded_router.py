"""The bytes of a running router give what its shard wrote, its own counts, and its own failures."""

from collections.abc import AsyncGenerator, Callable

import aiohttp
import pytest

from apps.inference.errors import (
    AuthenticationFailed,
    ContextTooLong,
    InferenceError,
    InvalidRequest,
    NotServed,
    Overloaded,
    ServerError,
)
from apps.inference.protocols import protocol_named
from apps.inference.requests import ChatMessage, ChatRequest, CompletionRequest, Delta, Timeouts, Usage
from apps.inference.server import Server
from tests.contract.conftest import Outcome
from tests.contract.cuts import every_byte, whole
from tests.support.router_answers import ANSWERS, router_answer, router_sends
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import Send

CHAT = ChatRequest([ChatMessage("user", "Hi")])
TEXT = CompletionRequest("def add(a, b):")


async def read(http: aiohttp.ClientSession, server: ScriptedServer, name: str, *, max_tokens: int | None) -> Outcome:
    """Ask for what the answer called ``name`` answers, and read it."""
    outcome = Outcome()
    try:
        async for delta in stream(http, Server(server.url, kind="tgi"), name, max_tokens):
            outcome.deltas.append(delta)
    except InferenceError as error:
        outcome.error = error
    return outcome


def stream(http: aiohttp.ClientSession, server: Server, name: str, max_tokens: int | None) -> AsyncGenerator[Delta]:
    openai, native = protocol_named("openai"), protocol_named("tgi")
    if "completions" in name and "chat" not in name:
        return openai.stream_completion(http, server, CompletionRequest(TEXT.prompt, max_tokens=max_tokens), Timeouts())
    chat = ChatRequest(CHAT.messages, max_tokens=max_tokens)
    return (openai if "chat" in name else native).stream_chat(http, server, chat, Timeouts())


COUNTED = " " + " ".join(map(str, range(1, 540)))
HELLO = " Hello! I am a scripted model. I can count, and I end here."
STREAMS: dict[str, tuple[str, str, Usage | None, int]] = {
    "chat_stream": (HELLO, "stop", Usage(9, 19), 19),
    "chat_stream_continue": (" 5 6 7 8 9 10 11 12", "stop", Usage(21, 20), 20),
    "chat_stream_length": (" Hello! I am", "length", Usage(9, 4), 4),
    "completions_stream": ("\n    return a + b\n\ndef other():\n    pass\n", "stop", Usage(8, 16), 16),
    "native_stream": (HELLO, "stop", Usage(9, 19), 19),
    "native_stream_infill": (" a + b", "stop", Usage(16, 4), 4),
    "native_stream_keepalive": (HELLO, "stop", Usage(13, 19), 19),
    "native_stream_no_details": (" Hello! I", "stop", None, 3),
    "native_stream_sampled": (" Hello! I am a", "length", Usage(9, 5), 5),
    "native_stream_stop": (" alpha beta gamma STOPHERE", "stop", Usage(10, 7), 7),
}


@pytest.mark.parametrize("split", [whole, every_byte])
@pytest.mark.parametrize("name", STREAMS)
async def test_stream_reads_as_the_shard_wrote_it(
    http: aiohttp.ClientSession, scripted_server: ScriptedServer, name: str, split: Callable[[bytes], list[bytes]]
) -> None:
    text, reason, usage, tokens = STREAMS[name]
    scripted_server.answer(*(Send(piece) for piece in split(router_answer(name))))
    outcome = await read(http, scripted_server, name, max_tokens=None)
    assert outcome.succeeded, outcome.error
    assert (outcome.text, outcome.ending) == (text, (reason, usage))
    assert outcome.tokens == tokens


async def test_tokens_without_text_are_counted(http: aiohttp.ClientSession, scripted_server: ScriptedServer) -> None:
    scripted_server.answer(router_sends("chat_stream_emoji"))
    outcome = await read(http, scripted_server, "chat_stream_emoji", max_tokens=None)
    assert "👨‍👩‍👧‍👦" in outcome.text
    assert (outcome.tokens, outcome.ending) == (115, ("stop", Usage(11, 115)))


@pytest.mark.parametrize("most", [1, 4, 1024, 1100])
async def test_reply_ends_at_the_number_that_was_asked_for(
    http: aiohttp.ClientSession, scripted_server: ScriptedServer, most: int
) -> None:
    name = "native_stream_slices_1100"
    assert router_answer(name).count(b"data:") == 2048, "the router went on for a whole slice"
    scripted_server.answer(router_sends(name))
    outcome = await read(http, scripted_server, name, max_tokens=most)
    assert outcome.succeeded
    assert outcome.tokens == most
    assert outcome.ending == ("length", Usage(None, most))
    assert COUNTED.startswith(outcome.text)


FAILURES: dict[str, type[InferenceError]] = {
    "chat_stream_error_midstream": ServerError,
    "native_stream_error_midstream": ServerError,
    "err_chat_stream_input_limit": ContextTooLong,
    "err_chat_stream_too_long": ContextTooLong,
    "err_native_stream_too_long": ContextTooLong,
    "err_chat_too_long": ContextTooLong,
    "err_native_too_long": ContextTooLong,
    "err_overloaded_generate": Overloaded,
    "err_overloaded_generate_stream": Overloaded,
    "err_overloaded_v1_chat_completions": Overloaded,
    "err_overloaded_v1_chat_completions_stream": Overloaded,
    "err_overloaded_v1_completions_stream": Overloaded,
    "err_401_native": AuthenticationFailed,
    "err_404": NotServed,
    "err_405": NotServed,
    "err_413": InvalidRequest,
    "err_5stops": InvalidRequest,
    "err_badjson": InvalidRequest,
    "err_badtype": InvalidRequest,
    "err_chat_top_p1": InvalidRequest,
    "err_ctype": InvalidRequest,
    "err_roles": InvalidRequest,
    "err_stopstring": InvalidRequest,
    "err_stream_options_null": InvalidRequest,
    "err_suffix": InvalidRequest,
    "err_temperature0": InvalidRequest,
    "err_top_p1": InvalidRequest,
}


@pytest.mark.parametrize("name", FAILURES)
async def test_failure_is_named(http: aiohttp.ClientSession, scripted_server: ScriptedServer, name: str) -> None:
    scripted_server.answer(router_sends(name))
    outcome = await read(http, scripted_server, name, max_tokens=None)
    assert type(outcome.error) is FAILURES[name], outcome
    if "midstream" in name:
        assert outcome.text.startswith(" Emoji: 😀")
        assert outcome.tokens == 60


def test_every_stream_and_failure_is_read() -> None:
    recorded = {file.stem for file in ANSWERS.iterdir() if file.suffix in (".body", ".http")}
    streams = {name for name in recorded if "stream" in name or name.startswith("err_")}
    elsewhere = {"chat_stream_emoji", "native_stream_slices_1100", "err_native_stream_total", "err_overloaded_tokenize"}
    assert streams == {*STREAMS, *FAILURES, *elsewhere}
