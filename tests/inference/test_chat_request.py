"""Requests to an OpenAI-style server, and refusals before sending."""

import json
from typing import Any

import pytest

from apps.inference.errors import InvalidRequest
from apps.inference.protocols.openai import chat_body
from apps.inference.requests import ChatMessage, ChatRequest
from apps.inference.server import Server, ServerKind

USER = ChatMessage("user", "Write a haiku.")
SERVER = Server("http://127.0.0.1:1")


def test_plain_question_sends_nothing_that_was_not_asked_for() -> None:
    assert chat_body(SERVER, ChatRequest([ChatMessage("system", "Be brief."), USER])) == {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Write a haiku."},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_parameters_go_out_under_their_names() -> None:
    request = ChatRequest([USER], max_tokens=10, temperature=0.5, top_p=0.9, stop=("a", "b"), seed=0)
    body = chat_body(Server("http://127.0.0.1:1", model="m"), request)
    assert body["model"] == "m"
    assert body["max_tokens"] == 10
    assert body["temperature"] == 0.5
    assert body["top_p"] == 0.9
    assert body["stop"] == ["a", "b"]
    assert body["seed"] == 0


@pytest.mark.parametrize("kind", ["unknown", "tgi", "llama.cpp", "vllm", "sglang"])
def test_greedy_sends_no_figure_of_sampling(kind: ServerKind) -> None:
    body = chat_body(Server(SERVER.url, kind=kind), ChatRequest([USER], temperature=0, top_p=0.5))
    assert body["temperature"] == 0
    assert "top_p" not in body


def test_top_p_of_one_is_left_out_because_tgi_refuses_it() -> None:
    assert "top_p" in chat_body(SERVER, ChatRequest([USER], top_p=0.99))
    assert "top_p" not in chat_body(SERVER, ChatRequest([USER], top_p=1))


@pytest.mark.parametrize("kind", ["unknown", "tgi", "llama.cpp", "vllm", "sglang"])
def test_partial_reply_is_to_be_continued(kind: ServerKind) -> None:
    body = chat_body(Server(SERVER.url, kind=kind), ChatRequest([USER, ChatMessage("assistant", "An old silent")]))
    assert body["messages"][-1] == {"role": "assistant", "content": "An old silent"}
    keys = {key: body[key] for key in ("continue_final_message", "add_generation_prompt") if key in body}
    told = {"continue_final_message": True, "add_generation_prompt": False}
    assert keys == (told if kind in ("vllm", "sglang") else {})


def test_tgi_is_told_no_model_because_it_would_look_for_an_adapter() -> None:
    assert chat_body(Server(SERVER.url, model="m"), ChatRequest([USER]))["model"] == "m"
    assert "model" not in chat_body(Server(SERVER.url, model="m", kind="tgi"), ChatRequest([USER]))


def test_empty_partial_reply_is_a_new_turn() -> None:
    body = chat_body(SERVER, ChatRequest([USER, ChatMessage("assistant", "")]))
    assert body["messages"] == [{"role": "user", "content": "Write a haiku."}]
    assert "continue_final_message" not in body


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"messages": []}, "There is no message to answer."),
        ({"messages": [ChatMessage("user", "")]}, "There is no message to answer."),
        ({"stop": ["a", "b", "c", "d", "e"]}, "At most 4 stop sequences can be asked for."),
        ({"stop": [""]}, "A stop sequence cannot be empty."),
        ({"stop": "ab"}, "Stop sequences are a list, not one text."),
        ({"max_tokens": 2**31}, "The longest reply can be at most 2,147,483,647 tokens."),
        ({"max_tokens": 0}, "The longest reply must be at least one token."),
        ({"temperature": -0.1}, "The temperature must be 0 or more."),
        ({"temperature": float("nan")}, "The temperature must be 0 or more."),
        ({"temperature": float("inf")}, "The temperature must be 0 or more."),
        ({"top_p": 0}, "Top-p must be above 0 and at most 1."),
        ({"top_p": 1.1}, "Top-p must be above 0 and at most 1."),
        ({"top_p": float("nan")}, "Top-p must be above 0 and at most 1."),
        ({"seed": -1}, "The seed must be 0 or more and fit into 63 bits."),
        ({"seed": 2**63}, "The seed must be 0 or more and fit into 63 bits."),
    ],
)
def test_request_that_no_server_accepts_is_refused_with_a_sentence(parameters: dict[str, Any], sentence: str) -> None:
    request = ChatRequest(**{"messages": [USER], **parameters})
    with pytest.raises(InvalidRequest) as refused:
        chat_body(SERVER, request)
    assert refused.value.sentence == sentence


def test_limits_themselves_are_accepted() -> None:
    request = ChatRequest([USER], max_tokens=1, temperature=0, top_p=0.01, stop=["a", "b", "c", "d"], seed=2**63 - 1)
    json.dumps(chat_body(SERVER, request), allow_nan=False)
