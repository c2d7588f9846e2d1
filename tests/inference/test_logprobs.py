"""Tokens with log probabilities: their texts join to the text, whatever the server calls them."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.inference.errors import InvalidRequest, ProtocolError
from apps.inference.logprobs import ScoredToken, spread
from apps.inference.protocols import protocol_named
from apps.inference.protocols.logprobs import LEAST, gives_logprobs
from apps.inference.protocols.scored_reply import (
    ScoredChatReply,
    ScoredCompletionReply,
    ScoredReply,
    ScoredTgiReply,
)
from apps.inference.requests import ChatMessage, ChatRequest, CompletionRequest
from apps.inference.server import Server, ServerKind
from tests.support import scored_wire
from tests.support.scored_wire import Stream, Token
from tests.support.wire import event

# A Llama tokenizer decodes token by token like this: no space before a word, and a character in two parts.
CODE = [
    Token("def", -0.5, (("class", -1.5),)),
    Token(" f", -0.125, ((" g", -2.5),), name="f"),
    Token("", -0.75, name="\ufffd"),
    Token("é\n", -1.25, name="\ufffd\n"),
]


def read(reply: ScoredReply, pieces: Sequence[bytes]) -> tuple[str, list[ScoredToken]]:
    text = ""
    tokens: list[ScoredToken] = []
    for piece in pieces:
        delta = reply.feed(piece)
        if delta is not None:
            assert "".join(token.text for token in delta.scored) == delta.text
            text += delta.text
            tokens += delta.scored
    assert reply.is_over
    return text, tokens


@pytest.mark.parametrize(
    ("stream", "kind"),
    [
        (scored_wire.tgi_chat, ScoredChatReply),
        (scored_wire.vllm_chat, ScoredChatReply),
        (scored_wire.llama_chat, ScoredChatReply),
        (scored_wire.vllm_completion, ScoredCompletionReply),
        (scored_wire.llama_completion, ScoredCompletionReply),
    ],
)
@pytest.mark.parametrize("cut", [1, 7, 10_000])
def test_tokens_join_to_the_text(stream: Stream, kind: Callable[..., ScoredReply], cut: int) -> None:
    data = b"".join(stream(CODE))
    pieces = [data[start : start + cut] for start in range(0, len(data), cut)]
    text, tokens = read(kind(likely=2), pieces)
    assert text == "def fé\n"
    told = [token for token in tokens if token.logprob != scored_wire.END.logprob]
    assert [(token.text, token.logprob) for token in told] == [(token.text, token.logprob) for token in CODE]
    assert [(one.text, one.logprob, one.is_own) for one in told[0].likely] == [
        ("def", -0.5, True),
        ("class", -1.5, False),
    ]


def test_a_native_event_is_a_token() -> None:
    tokens = [Token("def", -0.5, (("class", -1.5), ("fn", -3.0)), number=822), Token(" f", -0.125, number=285)]
    text, told = read(ScoredTgiReply(likely=2), scored_wire.tgi_native(tokens))
    assert text == "def f"
    assert [(token.text, token.id) for token in told] == [("def", 822), (" f", 285)]
    assert [one.text for one in told[0].likely] == ["def", "class"], "no more than were asked for"


def test_figures_that_json_has_no_numbers_for() -> None:
    entry = {"token": "a", "logprob": None, "top_logprobs": [{"token": "\0", "logprob": float("-inf")}]}
    choice = {"index": 0, "delta": {"content": "a"}, "logprobs": {"content": [entry]}, "finish_reason": None}
    delta = ScoredChatReply(likely=1).feed(event({"choices": [choice]}))
    assert delta is not None
    (token,) = delta.scored
    assert (token.text, token.logprob) == ("a", None)
    assert [(one.text, one.logprob) for one in token.likely] == [("\ufffd", LEAST)]


@pytest.mark.parametrize("logprobs", [{"content": [{}]}, {"content": [5]}, {"tokens": ["a"]}, {"tokens": 5}, [5], "x"])
def test_log_probabilities_that_cannot_be_read(logprobs: Any) -> None:
    choice = {"index": 0, "text": "a", "logprobs": logprobs, "finish_reason": None}
    reply = ScoredCompletionReply(likely=1)
    reply.feed(event({"choices": [choice]}))
    assert isinstance(reply.failure, ProtocolError)


def test_text_without_tokens_is_one_token() -> None:
    choice = {"index": 0, "text": "abc", "logprobs": None, "finish_reason": None}
    delta = ScoredCompletionReply(likely=1).feed(event({"choices": [choice]}))
    assert delta is not None
    assert delta.scored == [ScoredToken("abc")]


@given(st.text(max_size=12), st.lists(st.text(max_size=4), max_size=5))
def test_any_tokens_join_to_their_text(text: str, names: list[str]) -> None:
    assert "".join(token.text for token in spread(text, [ScoredToken(name) for name in names])) == text


@given(st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=6))
def test_tokens_that_say_their_text_keep_it(names: list[str]) -> None:
    tokens = [ScoredToken(name) for name in names]
    assert spread("".join(names), tokens) == tokens


@pytest.mark.parametrize(
    ("protocol", "kind", "likely", "gives"),
    [
        ("tgi", "tgi", 5, True),
        ("tgi", "tgi", 6, False),
        ("openai", "tgi", 6, False),
        ("openai", "vllm", 20, True),
        ("openai", "sglang", 20, True),
        ("openai", "llama.cpp", 20, True),
        ("openai", "unknown", 0, False),
    ],
)
def test_servers_that_give_them(protocol: str, kind: ServerKind, likely: int, *, gives: bool) -> None:
    assert gives_logprobs(protocol, kind, likely) is gives


CHAT = [ChatMessage("user", "Hi.")]


@pytest.mark.parametrize("kind", ["tgi", "vllm", "sglang", "llama.cpp"])
@pytest.mark.parametrize(("likely", "sent"), [(0, 1), (3, 3)])
def test_chats_ask_for_them(kind: ServerKind, likely: int, sent: int) -> None:
    server = Server("http://x", kind=kind)
    post = protocol_named("openai").chat_post(server, ChatRequest(CHAT, logprobs=likely, stop=["x"]))
    assert post is not None
    assert (post.body["logprobs"], post.body["top_logprobs"]) == (True, sent)
    assert ("stop" in post.body) is (kind != "llama.cpp"), "it would join the tokens that may begin one"


@pytest.mark.parametrize("kind", ["vllm", "sglang", "llama.cpp"])
def test_completions_ask_for_them(kind: ServerKind) -> None:
    post = protocol_named("openai").completion_post(Server("http://x", kind=kind), CompletionRequest("a", logprobs=2))
    assert post.body["logprobs"] == 2


@pytest.mark.parametrize("protocol", ["tgi", "openai"])
def test_tgi_completes_natively_with_them(protocol: str) -> None:
    server = Server("http://x", kind="tgi")
    post = protocol_named(protocol).completion_post(server, CompletionRequest("a", logprobs=2))
    assert (post.path, post.body["parameters"]["top_n_tokens"]) == ("/generate_stream", 2)
    none = protocol_named(protocol).completion_post(server, CompletionRequest("a", logprobs=0))
    assert "top_n_tokens" not in none.body["parameters"]


def test_a_server_of_an_unknown_kind_is_not_asked() -> None:
    request = ChatRequest(CHAT, logprobs=1)
    with pytest.raises(InvalidRequest, match="gives no log probabilities"):
        protocol_named("openai").chat_post(Server("http://x"), request)
