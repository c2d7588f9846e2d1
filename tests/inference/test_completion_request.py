"""Requests for completions and infilling in the OpenAI style."""

import pytest

from apps.inference.errors import InvalidRequest
from apps.inference.protocols.openai import completion_body, infill_body
from apps.inference.requests import CompletionRequest
from apps.inference.server import Server, ServerKind

SERVER = Server("http://127.0.0.1:1", model="m")


def test_prompt_goes_out_as_it_is() -> None:
    assert completion_body(SERVER, CompletionRequest("def f():\r\n", max_tokens=5, top_p=1, stop=("\n\n",))) == {
        "model": "m",
        "prompt": "def f():\r\n",
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 5,
        "stop": ["\n\n"],
    }


def test_llama_cpp_puts_the_parts_together_itself() -> None:
    assert infill_body(SERVER, CompletionRequest("def f():", suffix="\n", max_tokens=5, temperature=0)) == {
        "input_prefix": "def f():",
        "input_suffix": "\n",
        "prompt": "",
        "stream": True,
        "cache_prompt": True,
        "n_predict": 5,
        "temperature": 0,
    }


def test_gap_may_be_at_the_start_of_a_document() -> None:
    assert infill_body(SERVER, CompletionRequest("", suffix="b"))["input_prefix"] == ""


@pytest.mark.parametrize("kind", ["tgi", "vllm", "sglang"])
def test_other_servers_get_no_suffix(kind: ServerKind) -> None:
    with pytest.raises(InvalidRequest) as refused:
        infill_body(Server(SERVER.url, kind=kind), CompletionRequest("a", suffix="b"))
    assert refused.value.sentence == ("This model server takes no suffix: send a rendered infilling prompt instead.")


def test_nothing_is_nothing_to_complete() -> None:
    with pytest.raises(InvalidRequest) as refused:
        completion_body(SERVER, CompletionRequest(""))
    assert refused.value.sentence == "There is no text to complete."
