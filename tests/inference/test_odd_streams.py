"""Additions, gaps and splits by servers and proxies damage no reply."""

import json
from typing import Any

import pytest

from apps.inference.errors import Interrupted, ServerError
from apps.inference.protocols.chat_reply import ChatReply
from apps.inference.protocols.joining import TextJoiner
from apps.inference.protocols.reply import Reply
from apps.inference.requests import Delta
from tests.support.counting_wire import chunk, usage
from tests.support.wire import event

DONE = b"data: [DONE]\n\n"
USAGE = event({**chunk(""), "choices": [], "usage": usage(2)})


def read(*parts: bytes) -> tuple[str, str | None]:
    """Return the text of a whole chat stream and why it ended; raise what ended it early."""
    reply: Reply = ChatReply()
    deltas: list[Delta] = []
    for part in parts:
        if delta := reply.feed(part):
            deltas.append(delta)
        if reply.failure:
            raise reply.failure
    if not reply.is_over:
        deltas.append(reply.close())
    return "".join(delta.text for delta in deltas), deltas[-1].finish_reason


HALVES = (event(chunk("one")), event(chunk(" two")))


@pytest.mark.parametrize("end", [DONE, USAGE, USAGE + DONE, event({**chunk(""), "usage": usage(2)})])
def test_proper_end_without_a_reason_is_an_end(end: bytes) -> None:
    assert read(*HALVES, end) == ("one two", "unknown")


@pytest.mark.parametrize(
    "end",
    [
        b"",
        b": bye\n\n",
        event({**chunk(" more"), "usage": usage(3)}),  # a running count
        event({**chunk(""), "usage": None}),
        USAGE + event(chunk(" more")),
    ],
)
def test_end_without_reason_usage_or_done_is_an_interruption(end: bytes) -> None:
    with pytest.raises(Interrupted):
        read(*HALVES, end)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ("content_filter", "content_filter"),
        ("tool_calls", "tool_calls"),
        ("function_call", "tool_calls"),
        ("STOP", "stop"),
        ("end_turn", "stop"),
        ("max_tokens", "length"),
        ("repetition", "repetition"),
        ("Guard\n rail", "guard rail"),
        (3, "unknown"),
        ({"type": "stop"}, "unknown"),
    ],
)
def test_every_reason_keeps_the_text(told: Any, reason: str) -> None:
    assert read(*HALVES, event(chunk("", told)), DONE) == ("one two", reason)


@pytest.mark.parametrize("absence", ["", "null", "None", None])
def test_absence_of_a_reason_may_be_written_out(absence: Any) -> None:
    parts = [event(chunk(text, absence)) for text in ("one", " two")]
    assert read(*parts, event(chunk("", "stop")), DONE) == ("one two", "stop")


@pytest.mark.parametrize("reason", ["abort", "error"])
def test_reply_that_the_server_gave_up_is_interrupted(reason: str) -> None:
    with pytest.raises(Interrupted):
        read(*HALVES, event(chunk("", reason)), DONE)


ODD = [
    b":\n\n",
    b": ping - 2026-11-29\r\n\r\n",
    b": OPENROUTER PROCESSING\n\n",
    b"\n\n\n",
    b"ping\n\n",
    b"data:\n\n",
    b"data: \n\n",
    b"data: ping\n\n",
    b"data: : keep-alive\n\n",
    b"data: [HEARTBEAT]\n\n",
    b'data: ""\n\n',
    b"data: null\n\n",
    b"data: {}\n\n",
    b"data: []\n\n",
    b'event: ping\ndata: {"type": "ping"}\n\n',
    b'event: message\ndata: {"message": "still working"}\n\n',
    b"event: heartbeat\ndata: 1764400000\n\n",
    b"id: 1\nretry: 3000\n\n",
    b'data: {"choices": []}\n\n',
    b'data: {"choices": [], "prompt_filter_results": [{"prompt_index": 0}]}\n\n',
    b"data: \xff\xfe\n\n",
]


@pytest.mark.parametrize("odd", ODD)
def test_odd_line_is_passed_over_wherever_it_stands(odd: bytes) -> None:
    parts = [*HALVES, event(chunk("", "stop")), DONE]
    for place in range(len(parts)):
        assert read(*parts[:place], odd, *parts[place:]) == ("one two", "stop")


@pytest.mark.parametrize(
    "failure",
    [
        b"event: error\ndata: out of memory\n\n",
        b'event: error\ndata: {"message": "out of memory"}\n\n',
        b'event: error\ndata: {"error": {"message": "out of memory"}}\n\n',
        b"error: out of memory\n\n",
        b'data: {"object": "error", "message": "out of memory"}\n\n',
        b'data: {"message": "out of memory", "type": "InternalServerError"}\n\n',
    ],
)
def test_failure_is_not_passed_over(failure: bytes) -> None:
    with pytest.raises(ServerError):
        read(*HALVES, failure, DONE)


TEXT = "a 🦙 b 👨‍👩‍👧 é 𝓐\u2028!"


def escaped(units: str) -> bytes:
    return b"data: " + json.dumps(chunk(units)).encode() + b"\n\n"


def test_pair_split_over_two_deltas_is_joined() -> None:
    data = TEXT.encode("utf-16-le")
    units = [data[at : at + 2].decode("utf-16-le", "surrogatepass") for at in range(0, len(data), 2)]
    assert any("\ud800" <= unit <= "\udfff" for unit in units)
    parts = [escaped(unit) for unit in units]
    assert read(*parts, event(chunk("", "stop")), DONE) == (TEXT, "stop")


def test_character_split_between_its_bytes_is_joined() -> None:
    data = TEXT.encode()
    parts = [event(chunk("@")).replace(b"@", data[at : at + 1]) for at in range(len(data)) if data[at] not in b'"\\']
    assert read(*parts, event(chunk("", "stop")), DONE) == (TEXT, "stop")


@pytest.mark.parametrize("lone", ["\ud83e", "\udcf0\udc9f"])
def test_half_that_stays_alone_is_replaced(lone: str) -> None:
    joiner = TextJoiner()
    joined = joiner.join("a") + joiner.join(lone) + joiner.join("b") + joiner.join(lone) + joiner.close()
    assert joined.encode()
    assert joined[0] == "a"
    assert "b" in joined
    assert "\ufffd" in joined
