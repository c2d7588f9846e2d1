"""One chat stream put together from its bytes, without a network."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.inference.errors import InferenceError, ServerError
from apps.inference.protocols.chat_reply import ChatReply
from apps.inference.requests import Delta, Usage
from tests.support.counting_chat import chunk, usage
from tests.support.wire import event

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
DELTAS = st.fixed_dictionaries({}, optional={"content": JSON, "role": JSON})
CHOICES = st.fixed_dictionaries({}, optional={"delta": DELTAS | JSON, "finish_reason": JSON, "index": JSON})
EVENTS = st.fixed_dictionaries(
    {}, optional={"choices": st.lists(CHOICES | JSON, max_size=2) | JSON, "usage": JSON, "error": JSON, "message": JSON}
)
PARTS = st.one_of(
    EVENTS.map(event),
    st.text(max_size=4).map(lambda text: event(chunk(text))),
    st.sampled_from(["stop", "length", "abort", "", "new"]).map(lambda reason: event(chunk("", reason))),
    st.just(event({"choices": [], "usage": usage(3)})),
    st.sampled_from([b"data: [DONE]\n\n", b": ping\n\n", b"data: {\n\n", b"data: \xff\n\n"]),
    st.binary(max_size=8),
)
STREAMS = st.lists(PARTS, max_size=12).map(b"".join)


def read(chunks: list[bytes]) -> tuple[str, int, Delta | None, type[InferenceError] | None]:
    """Return the text, the tokens, the last delta's end, and the failure."""
    reply = ChatReply()
    deltas: list[Delta] = []
    error: InferenceError | None = None
    try:
        for piece in chunks:
            delta = reply.feed(piece)
            deltas += [delta] if delta else []
            if reply.failure:
                raise reply.failure
            if reply.is_over:
                break
        if not reply.is_over:
            deltas.append(reply.close())
    except InferenceError as failure:
        error = failure
    end = Delta("", 0, deltas[-1].finish_reason, deltas[-1].usage) if reply.is_over else None
    return "".join(d.text for d in deltas), sum(d.tokens for d in deltas), end, type(error) if error else None


@given(STREAMS, st.lists(st.integers(0, 600)))
def test_any_bytes_in_any_cut_give_the_same_reply_or_the_same_failure(data: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(cut for cut in cuts if cut <= len(data)), len(data)]
    pieces = [data[start:end] for start, end in pairwise(edges)]
    whole = read([data])
    assert whole == read(pieces) == read([data[i : i + 1] for i in range(len(data))])
    text, _, end, error = whole
    assert (end is None) == (error is not None)
    text.encode()  # can be stored
    assert "\0" not in text


def feed(*events: Any) -> list[Delta | None]:
    reply = ChatReply()
    return [reply.feed(event(one) if isinstance(one, dict) else one) for one in events]


def test_last_delta_waits_for_the_usage() -> None:
    deltas = feed(chunk("all"), chunk("", "stop"), {"choices": [], "usage": usage(1)})
    assert deltas == [Delta("all", 1), None, Delta("", 0, "stop", Usage(10, 1))]


def test_text_beside_the_finish_reason_does_not_wait() -> None:
    deltas = feed(chunk("all", "length"), b"data: [DONE]\n\n")
    assert deltas == [Delta("all", 1), Delta("", 0, "length", None)]


def test_usage_beside_the_finish_reason_ends_the_reply() -> None:
    assert feed({**chunk("all", "stop"), "usage": usage(1)}) == [Delta("all", 1, "stop", Usage(10, 1))]


@pytest.mark.parametrize("choice", [{"finish_reason": "stop"}, {"finish_reason": "stop", "delta": None}])
def test_finish_reason_may_stand_alone(choice: dict[str, Any]) -> None:
    end = {"choices": [{"index": 0, **choice}]}
    assert feed(chunk("all"), end, b"data: [DONE] \n\n") == [Delta("all", 1), None, Delta("", 0, "stop", None)]


def test_llama_cpp_begins_with_an_empty_content() -> None:
    first = {"choices": [{"index": 0, "finish_reason": None, "delta": {"role": "assistant", "content": None}}]}
    last = {"choices": [{"index": 0, "finish_reason": "stop", "delta": {}}], "timings": {"predicted_n": 1}}
    assert feed(first, chunk("hi"), last, b"data: [DONE]\n\n") == [
        None,
        Delta("hi", 1),
        None,
        Delta("", 0, "stop", None),
    ]


def test_choice_that_nobody_asked_for_is_not_the_reply() -> None:
    other = chunk("other")
    other["choices"][0]["index"] = 1
    assert feed(chunk("one"), other, chunk(" two")) == [Delta("one", 1), None, Delta(" two", 1)]


def test_call_of_a_tool_has_no_text_and_no_reason() -> None:
    call = chunk("")
    call["choices"][0]["delta"] = {"role": "assistant", "tool_calls": [{"index": 0, "id": "", "type": "function"}]}
    assert feed(call, b"data: [DONE]\n\n") == [None, Delta("", 0, "unknown", None)]


def test_reasoning_is_not_the_reply() -> None:
    thinking = {"choices": [{"index": 0, "finish_reason": None, "delta": {"reasoning_content": "hmm"}}]}
    assert feed(thinking, chunk("hi")) == [None, Delta("hi", 1)]


def test_error_event_is_remembered_with_the_text_before_it() -> None:
    reply = ChatReply()
    assert reply.feed(event(chunk("half")) + b'data: {"error": "boom"}\n\n') == Delta("half", 1)
    assert isinstance(reply.failure, InferenceError)


def test_error_beside_choices_is_an_error() -> None:
    reply = ChatReply()
    assert reply.feed(event({**chunk("half"), "error": {"message": "boom", "code": 500}})) is None
    assert isinstance(reply.failure, ServerError)


def test_escaped_characters_are_text() -> None:
    data = b"data: " + json.dumps(chunk("🦙\u2028\n")).encode() + b"\n\n"
    assert b"\\ud83e" in data
    assert ChatReply().feed(data) == Delta("🦙\u2028\n", 1)
