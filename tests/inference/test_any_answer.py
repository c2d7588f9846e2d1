"""Any bytes as an answer, cut anywhere, raise no errors but our own."""

import json
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apps.generation.log.store import decode_tokens, encode_tokens
from apps.inference.errors import InferenceError
from apps.inference.protocols.chat_reply import ChatReply, CompletionReply
from apps.inference.protocols.infill_reply import InfillReply
from apps.inference.protocols.reply import Reply
from apps.inference.protocols.scored_reply import (
    ScoredChatReply,
    ScoredCompletionReply,
    ScoredReply,
    ScoredTgiReply,
)
from apps.inference.protocols.tgi_reply import TgiReply
from apps.inference.requests import Delta, ScoredDelta
from tests.support.counting_wire import chunk, completion_chunk, native_details, native_token
from tests.support.wire import event

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["stop", "length", "eos_token"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("choices", "token", "generated_text", "details", "content", "stop", "stop_type", "error", "usage", "message")
EVENTS = st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, JSON))
TOKENS = st.fixed_dictionaries({}, optional={"text": JSON, "special": JSON, "logprob": JSON, "id": JSON})
LISTED = st.fixed_dictionaries({}, optional={"token": JSON, "logprob": JSON, "bytes": JSON, "top_logprobs": JSON})
LOGPROBS = st.fixed_dictionaries(
    {}, optional={"content": JSON | st.lists(LISTED, max_size=2), "tokens": JSON, "token_logprobs": JSON}
)
CHOICES = st.lists(
    st.fixed_dictionaries(
        {}, optional={"text": JSON, "delta": JSON, "finish_reason": JSON, "logprobs": JSON | LOGPROBS}
    ),
    max_size=2,
)


def good_events(text: str) -> list[dict[str, Any]]:
    return [
        chunk(text, "stop"),
        completion_chunk(text, "length"),
        native_token(text),
        {**native_token(text), "generated_text": text, "details": native_details(1, "eos_token")},
        {"content": text, "stop": False},
        {"content": text, "stop": True},
    ]


PARTS = st.one_of(
    EVENTS.map(event),
    st.builds(lambda token, likely: event({"token": token, "top_tokens": likely}), TOKENS, st.lists(TOKENS) | JSON),
    CHOICES.map(lambda choices: event({"choices": choices})),
    st.text(max_size=4).flatmap(lambda text: st.sampled_from(good_events(text))).map(event),
    st.sampled_from([b"data: [DONE]\n\n", b": ping\r\n\r\n", b"data: {\n\n", b"data: \xff\n\n", b"data: 1\r\r"]),
    st.binary(max_size=8),
)
STREAMS = st.lists(PARTS, max_size=12).map(b"".join)
LONE = b'data: {"token": {"text": "\\ud83e"}, "generated_text": "\\ud83e\\udd99", "details": null}\n\n'


def read(reply: Reply, chunks: list[bytes]) -> tuple[str, int, tuple[Any, ...] | None, type[Exception] | None]:
    """Return the text, the tokens, the end, and the failure."""
    deltas: list[Delta] = []
    error: InferenceError | None = None
    try:
        for piece in chunks:
            deltas += [delta] if (delta := reply.feed(piece)) else []
            if reply.failure:
                raise reply.failure
            if reply.is_over:
                break
        if not reply.is_over:
            deltas.append(reply.close())
    except InferenceError as failure:
        error = failure
    if isinstance(reply, ScoredReply):
        for delta in deltas:
            assert isinstance(delta, ScoredDelta)
            assert "".join(token.text for token in delta.scored) == delta.text
            assert decode_tokens(encode_tokens(delta.scored)) == list(delta.scored)
    last = deltas[-1] if reply.is_over else None
    end = (last.finish_reason, last.usage, last.whole_text) if last else None
    return "".join(d.text for d in deltas), sum(d.tokens for d in deltas), end, type(error) if error else None


@pytest.mark.parametrize(
    "kind",
    [
        ChatReply,
        CompletionReply,
        TgiReply,
        InfillReply,
        *(partial(scored, likely=2) for scored in (ScoredChatReply, ScoredCompletionReply, ScoredTgiReply)),
    ],
)
@given(data=STREAMS, cuts=st.lists(st.integers(0, 600)))
@example(data=LONE, cuts=[])
def test_any_bytes_in_any_cut_give_the_same_reply_or_the_same_failure(
    kind: Callable[[], Reply], data: bytes, cuts: list[int]
) -> None:
    edges = [0, *sorted(cut for cut in cuts if cut <= len(data)), len(data)]
    whole = read(kind(), [data])
    assert whole == read(kind(), [data[start:end] for start, end in pairwise(edges)])
    assert whole == read(kind(), [data[i : i + 1] for i in range(len(data))])
    text, _, end, error = whole
    assert (end is None) == (error is not None)
    assert end is None or isinstance(end[0], str)
    json.dumps([text, end and end[2]]).encode()
    text.encode()  # can be stored
    assert "\0" not in text
