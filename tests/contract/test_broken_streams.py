"""A stream that did not end properly is never a success, and fails with nothing but our own errors."""

import json

import pytest

from apps.inference.errors import InferenceError, Interrupted, ProtocolError, ServerError
from tests.contract.conftest import Ask
from tests.contract.dialects import Dialect
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import Reset, Send, Wait, chunked, event, head, whole

PAGE = b"<!doctype html>\n<html><body><h1>502 Bad Gateway</h1>\n</body></html>\n"


def assert_failed(error: InferenceError | None, expected: type[InferenceError]) -> None:
    assert type(error) is expected, (error, error and error.detail)


async def test_error_event_first(dialect: Dialect, ask: Ask, scripted_server: ScriptedServer) -> None:
    for data, expected in dialect.error_events():
        scripted_server.answer(head(), Send(data))
        outcome = await ask()
        assert_failed(outcome.error, expected)
        assert outcome.deltas == []


async def test_error_event_after_tokens_keeps_their_text(
    dialect: Dialect, ask: Ask, scripted_server: ScriptedServer
) -> None:
    for data, expected in dialect.error_events():
        scripted_server.answer(head(), Send(dialect.token("some") + dialect.token(" text") + data))
        outcome = await ask()
        assert_failed(outcome.error, expected)
        assert (outcome.text, outcome.tokens) == ("some text", 2)


async def test_end_without_a_final_event(dialect: Dialect, ask: Ask, scripted_server: ScriptedServer) -> None:
    scripted_server.answer(head(), Send(dialect.token("half")))
    outcome = await ask()
    assert_failed(outcome.error, Interrupted)
    assert outcome.text == "half"


async def test_end_inside_an_event(dialect: Dialect, ask: Ask, scripted_server: ScriptedServer) -> None:
    cut = dialect.token("half") + dialect.token("🦙")
    for length in (len(cut) - 60, cut.index("🦙".encode()) + 2):
        scripted_server.answer(head(), Send(cut[:length]))
        outcome = await ask()
        assert_failed(outcome.error, Interrupted)
        assert outcome.text == "half"


async def test_empty_body(dialect: Dialect, ask: Ask, scripted_server: ScriptedServer) -> None:
    scripted_server.answer(head(length=0))
    assert_failed((await ask()).error, Interrupted)


async def test_keep_alives_and_nothing_else(dialect: Dialect, ask: Ask, scripted_server: ScriptedServer) -> None:
    scripted_server.answer(head(), Send(b":\n\n" * 3))
    assert_failed((await ask()).error, Interrupted)


@pytest.mark.parametrize("done", [b"[DONE]", b" [DONE] ", b'"[DONE]"', b"[done]"])
async def test_done_without_a_finish_reason_is_an_end(
    dialect: Dialect, ask: Ask, scripted_server: ScriptedServer, done: bytes
) -> None:
    scripted_server.answer(head(), Send(dialect.token("all") + b"data:" + done + b"\n\n"))
    outcome = await ask()
    assert outcome.text == "all"
    if dialect.ends_with_done:
        assert outcome.succeeded, outcome.error
        assert outcome.deltas[-1].finish_reason == "unknown"
    else:
        assert_failed(outcome.error, Interrupted)


async def test_reset_after_tokens(dialect: Dialect, ask: Ask, scripted_server: ScriptedServer) -> None:
    scripted_server.answer(head(extra="Transfer-Encoding: chunked"), Send(chunked(dialect.token("half"))), Reset())
    assert_failed((await ask()).error, Interrupted)


async def test_reset_before_an_answer(dialect: Dialect, ask: Ask, scripted_server: ScriptedServer) -> None:
    scripted_server.answer(Reset())
    assert_failed((await ask()).error, Interrupted)


async def test_close_before_an_answer(dialect: Dialect, ask: Ask, scripted_server: ScriptedServer) -> None:
    scripted_server.answer()
    assert_failed((await ask()).error, Interrupted)


async def test_chunked_body_without_its_end(dialect: Dialect, ask: Ask, scripted_server: ScriptedServer) -> None:
    scripted_server.answer(head(extra="Transfer-Encoding: chunked"), Send(chunked(dialect.token("half"))))
    assert_failed((await ask()).error, Interrupted)


async def test_loss_after_the_finish_reason_loses_only_the_usage(
    dialect: Dialect, ask: Ask, scripted_server: ScriptedServer
) -> None:
    reply = dialect.without_what_follows_its_end("all")
    scripted_server.answer(head(extra="Transfer-Encoding: chunked"), Send(chunked(reply)))
    outcome = await ask()
    assert outcome.succeeded, outcome.error
    assert outcome.text == "all"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(whole(200, PAGE, "text/html; charset=utf-8"), id="page"),
        pytest.param((head(), Send(PAGE)), id="page that claims to be a stream"),
        pytest.param(whole(200, b'[{"generated_text":"hi"}]'), id="JSON array"),
        pytest.param(whole(200, b'{"object":"chat.completion","choices":[]}'), id="JSON object"),
        pytest.param((head(), Send(b"data: not JSON\n\n")), id="event that is not JSON"),
        pytest.param((head(), Send(b"data: [1, 2]\n\n")), id="event that is no object"),
        pytest.param((head(), Send(b"data: " + b"[" * 200_000 + b"\n\n")), id="very deep JSON"),
        pytest.param((head(), Send(b"data: " + b"1" * 5_000 + b"\n\n")), id="very long number"),
        pytest.param((head(), Send(b'data: {"x": "\xff}\n\n')), id="bad UTF-8 in bad JSON"),
        pytest.param((head(), Send(b"data: " + b"x" * 1_100_000), Wait()), id="line without end"),
        pytest.param((head(), Send(b": " + b"x" * 1_100_000 + b"\n"), Wait()), id="comment over a megabyte"),
        pytest.param((head(), Send(b"data: xxxxxxxxxxxx\n" * 100_000), Wait()), id="event without end"),
        pytest.param((Send(b"SSH-2.0-OpenSSH_9.9\r\n"),), id="another protocol"),
        pytest.param((head(204),), id="no content"),
        pytest.param((head(302, extra="Location: /elsewhere"),), id="redirect"),
    ],
)
async def test_answer_that_no_model_server_gives(
    dialect: Dialect, ask: Ask, scripted_server: ScriptedServer, answer: tuple[Send, ...]
) -> None:
    scripted_server.answer(*answer)
    outcome = await ask()
    assert_failed(outcome.error, ProtocolError)
    assert len(scripted_server.requests) == 1  # no redirect was followed, nothing was tried twice


async def test_event_of_another_shape(dialect: Dialect, ask: Ask, scripted_server: ScriptedServer) -> None:
    scripted_server.answer(head(), Send(dialect.token("good") + event(dialect.bad_event)))
    outcome = await ask()
    assert_failed(outcome.error, ProtocolError)
    assert outcome.text == "good"


async def test_broken_compression(dialect: Dialect, ask: Ask, scripted_server: ScriptedServer) -> None:
    scripted_server.answer(head(extra="Content-Encoding: gzip"), Send(b"\x1f\x8b not gzip at all"))
    assert isinstance((await ask()).error, InferenceError)


async def test_error_with_status_200(dialect: Dialect, ask: Ask, scripted_server: ScriptedServer) -> None:
    scripted_server.answer(*whole(200, json.dumps({"error": "boom", "error_type": "generation"}).encode()))
    assert_failed((await ask()).error, ServerError)


async def test_text_before_garbage_is_kept(dialect: Dialect, ask: Ask, scripted_server: ScriptedServer) -> None:
    scripted_server.answer(head(), Send(dialect.token("good") + b"data: {\xff\n\n" + dialect.token("never")))
    outcome = await ask()
    assert_failed(outcome.error, ProtocolError)
    assert outcome.text == "good"


async def test_unknown_fields_are_ignored(dialect: Dialect, ask: Ask, scripted_server: ScriptedServer) -> None:
    reply = dialect.reply("fine").replace(b'data: {"', b'data: {"novelty":{"a":[1]},"seed":18446744073709551615,"')
    scripted_server.answer(head(), Send(event({"novelty": 1}) + reply))
    outcome = await ask()
    assert outcome.succeeded, outcome.error
    assert outcome.text == "fine"
