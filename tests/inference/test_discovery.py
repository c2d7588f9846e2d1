"""A server is recognised by its pages, and what it says of itself is read without being believed to be sane."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.inference.discovery import Discovered, discover
from apps.inference.errors import (
    AuthenticationFailed,
    FirstTokenTimedOut,
    InferenceError,
    NotServed,
    ProtocolError,
    Unreachable,
)
from apps.inference.http.connection import open_session
from apps.inference.requests import Timeouts
from apps.inference.server import Server
from apps.inference.server_pages import PATHS, Pages, read_pages, read_queue_size
from tests.contract.dialects import RECORDINGS
from tests.inference.served_pages import INFO_3, LLAMA_CPP, SGLANG, TGI, VLLM, PageServer, Refusal, Silence, models

PATIENT = Timeouts(connect=10, first_token=30)
ALL = {"chat", "complete", "infill", "continue", "tokenize"}


async def found(
    pages: dict[str, Any], protocol: str = "openai", timeouts: Timeouts = PATIENT, size: str | None = None
) -> Discovered:
    async with PageServer(pages) as served, open_session() as http:
        return await discover(http, Server(served.url, token="t", size=size), protocol, timeouts)


async def test_tgi() -> None:
    assert await found(TGI, "tgi") == Discovered(
        kind="tgi",
        version="3.3.7",
        model_ids=("codellama/CodeLlama-7b-Instruct-hf",),
        context_window=4096,
        max_input_tokens=4095,
        max_total_tokens=4096,
        max_stop_sequences=4,
        max_concurrent_requests=128,
        queue_size=3,
        capabilities=frozenset(ALL),
    )


async def test_vllm() -> None:
    assert await found(VLLM) == Discovered(
        kind="vllm",
        version="0.12.1",
        model_ids=("m",),
        context_window=16384,
        queue_size=2,
        capabilities=frozenset(ALL),
    )


async def test_sglang() -> None:
    assert await found(SGLANG) == Discovered(
        kind="sglang", version="0.6.0", model_ids=("m",), context_window=8192, capabilities=frozenset(ALL)
    )


async def test_llama_cpp_has_a_window_for_each_slot() -> None:
    assert await found(LLAMA_CPP) == Discovered(
        kind="llama.cpp",
        version="b7000-abcdef",
        model_ids=("m",),
        context_window=2048,
        max_concurrent_requests=4,
        queue_size=1,
        capabilities=frozenset(ALL),
    )


async def test_unknown_server_is_taken_for_what_it_serves() -> None:
    assert await found({"GET /v1/models": models("somebody")}) == Discovered(
        model_ids=("m",), capabilities=frozenset({"chat", "complete"})
    )


@pytest.mark.parametrize(
    ("pages", "protocol", "missing"),
    [
        (TGI | {"POST /chat_tokenize": Refusal(422, {"error_type": "template_error"})}, "openai", {"chat", "continue"}),
        (TGI | {"GET /info": INFO_3 | {"version": "2.4.1"}}, "openai", {"continue"}),
        (TGI | {"GET /info": INFO_3 | {"version": "2.4.1"}}, "tgi", set()),
        (TGI | {"POST /tokenize": Refusal(404)}, "tgi", {"tokenize"}),
        (LLAMA_CPP | {"POST /infill": Refusal(501, {"error": {"type": "not_supported_error"}})}, "openai", {"infill"}),
    ],
)
async def test_what_is_clearly_refused_is_no_capability(
    pages: dict[str, Any], protocol: str, missing: set[str]
) -> None:
    assert ALL - (await found(pages, protocol)).capabilities == missing


async def test_another_model_chats_natively_only_with_a_template_of_its_own() -> None:
    without = TGI | {"POST /chat_tokenize": Refusal(422, {"error_type": "template_error"})}
    assert "chat" in (await found(without, "tgi")).capabilities
    assert "chat" not in (await found(without, "tgi", size="")).capabilities
    assert "chat" in (await found(TGI, "tgi", size="")).capabilities


@pytest.mark.parametrize("name", ["info_v1", "info_v3"])
def test_limits_of_every_generation_of_tgi_are_read(name: str) -> None:
    info = json.loads((RECORDINGS / "answers.json").read_text())[name]["response"]
    facts = read_pages(Pages({"/info": info}))
    assert (facts.kind, facts.context_window, facts.max_input_tokens) == ("tgi", 2048, 1024)


@pytest.mark.parametrize(
    ("pages", "protocol", "expected"),
    [
        ({}, "openai", ProtocolError),
        (dict.fromkeys(("GET " + path for path in PATHS), "<html>Welcome</html>"), "openai", ProtocolError),
        ({"GET /v1/models": Refusal(401)}, "openai", AuthenticationFailed),
        (VLLM | {"GET /v1/models": Refusal(401)}, "openai", AuthenticationFailed),
        (TGI | {"POST /tokenize": Refusal(401)}, "tgi", AuthenticationFailed),
        (VLLM, "tgi", NotServed),
    ],
)
async def test_what_is_no_usable_model_server_is_an_error(
    pages: dict[str, Any], protocol: str, expected: type[InferenceError]
) -> None:
    with pytest.raises(InferenceError) as failed:
        await found(pages, protocol)
    assert type(failed.value) is expected


async def test_wrong_protocol_is_named() -> None:
    with pytest.raises(
        NotServed, match=r"This is a vllm server, not Text Generation Inference: use the OpenAI style\."
    ):
        await found(VLLM, "tgi")


async def test_silent_page_costs_its_time_and_no_more() -> None:
    quick = Timeouts(first_token=0.2)
    assert (await found(VLLM | {"GET /version": Silence(), "GET /metrics": Silence()}, timeouts=quick)).kind == "vllm"
    with pytest.raises(FirstTokenTimedOut):
        await found(dict.fromkeys([*("GET " + path for path in PATHS), "POST /tokenize"], Silence()), timeouts=quick)


async def test_closed_port_is_unreachable() -> None:
    async with PageServer({}) as served:
        url = served.url
    async with open_session() as http:
        with pytest.raises(Unreachable):
            await discover(http, Server(url), "openai", PATIENT)


async def test_nothing_is_generated() -> None:
    async with PageServer(TGI) as served, open_session() as http:
        await discover(http, Server(served.url), "openai", PATIENT)
        asked = {f"{request.method} {request.path}" for request in served.requests}
    assert "GET /info" in asked
    assert {one for one in asked if one.startswith("POST")} == {"POST /tokenize", "POST /chat_tokenize"}


def test_json_leaves_out_what_is_not_known() -> None:
    facts = Discovered(kind="vllm", model_ids=("m",), queue_size=0, capabilities=frozenset({"chat"})).as_json()
    assert facts == {"kind": "vllm", "model_ids": ["m"], "queue_size": 0, "capabilities": ["chat"]}


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        ("", None),
        ("tgi_queue_size 0\n", 0),
        ("tgi_queue_size NaN\n", None),
        ('vllm:num_requests_waiting{model_name="a b"} 2.0\nvllm:num_requests_waiting{model_name="c"} 3.0\n', 5),
        ("not_tgi_queue_size 7\n", None),
    ],
)
def test_queue_size(metrics: str, expected: int | None) -> None:
    assert read_queue_size(metrics) == expected


WORDS = ["version", "max_total_tokens", "data", "id", "owned_by", "vllm", "sglang", "llamacpp", "n_ctx", "model_path"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(PATHS), VALUES))
def test_any_page_is_read_without_an_error(answers: dict[str, Any]) -> None:
    facts = read_pages(Pages(answers))
    assert facts.context_window is None or 0 < facts.context_window < 2**31
    assert all(name.isprintable() for name in facts.model_ids)
