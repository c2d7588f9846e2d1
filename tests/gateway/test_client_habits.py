"""Usual clients' habits are understood; a caller's own fault is named as such."""

from typing import Any

import httpx2 as httpx
import pytest

from apps.endpoints.models import Endpoint
from apps.generation.models import Generation
from tests.gateway.calls import assert_refused, body

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("counting_endpoint")]

SYSTEM = {"role": "system", "content": "You count."}
QUESTION = {"role": "user", "content": "count to 3"}


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"max_tokens": 0}, {}),
        ({"max_tokens": -1}, {}),
        ({"max_completion_tokens": -1, "max_tokens": 20}, {"max_tokens": 20}),
        ({"top_p": 0}, {"temperature": 0.0}),
        ({"top_p": 0, "temperature": 1.5}, {"temperature": 0.0}),
        ({"temperature": 0}, {"temperature": 0.0}),
        ({"temperature": None, "top_p": None, "stop": None, "seed": None, "n": None}, {}),
        ({"stop": ""}, {}),
        ({"stop": ["", "X"]}, {"stop": ["X"]}),
        ({"stop": []}, {}),
        ({"seed": -1}, {}),
        ({"seed": 0}, {"seed": 0}),
        ({"max_tokens": 20.0, "seed": 7.0}, {"max_tokens": 20, "seed": 7}),
        ({"tools": [], "functions": [], "logit_bias": {}, "logprobs": False, "top_logprobs": None}, {}),
        ({"response_format": {"type": "text"}, "modalities": ["text"], "tool_choice": "none"}, {}),
        ({"frequency_penalty": 0, "presence_penalty": 0, "top_k": -1, "user": "", "stream": None}, {}),
    ],
)
def test_defaults_are_taken_for_what_they_mean(
    api: httpx.Client, given: dict[str, Any], stored: dict[str, Any]
) -> None:
    response = api.post("chat/completions", json={**body("count to 3"), **given})
    assert response.status_code == 200, response.text
    assert Generation.objects.get(pk=response.headers["X-Generation-Id"]).parameters == stored


@pytest.mark.parametrize(
    ("messages", "turns"),
    [
        ([SYSTEM, QUESTION], [SYSTEM, QUESTION]),
        ([QUESTION, {"role": "assistant", "content": None}, QUESTION], [("user", "count to 3\n\ncount to 3")]),
        ([{"role": "user", "content": "Hi."}, QUESTION], [("user", "Hi.\n\ncount to 3")]),
        (
            [SYSTEM, {"role": "developer", "content": "Be brief."}, QUESTION],
            [("system", "You count.\n\nBe brief."), QUESTION],
        ),
        ([{"role": "system", "content": ""}, QUESTION], [QUESTION]),
        (
            [QUESTION, {"role": "assistant", "content": "1"}, {"role": "assistant", "content": "2"}, QUESTION],
            [QUESTION, ("assistant", "1\n\n2"), QUESTION],
        ),
        ([QUESTION, {"role": "assistant"}, QUESTION], [("user", "count to 3\n\ncount to 3")]),
    ],
)
def test_neighbours_of_one_role_are_one_turn(api: httpx.Client, messages: list[Any], turns: list[Any]) -> None:
    response = api.post("chat/completions", json={"model": "instruct", "messages": messages})
    assert response.status_code == 200, response.text
    stored = Generation.objects.get(pk=response.headers["X-Generation-Id"]).messages
    wanted = [turn if isinstance(turn, dict) else {"role": turn[0], "content": turn[1]} for turn in turns]
    assert stored == wanted


@pytest.mark.parametrize("streams", [False, True])
def test_too_long_a_prompt_is_the_callers_fault(
    api: httpx.Client, counting_endpoint: Endpoint, *, streams: bool
) -> None:
    Endpoint.objects.filter(pk=counting_endpoint.pk).update(context_window_override=64)
    response = api.post("chat/completions", json=body("count to 3 " * 200, stream=streams))
    sentence = assert_refused(response, 400, code="context_length_exceeded", param="messages")
    assert "64" in sentence
    assert response.headers["X-Should-Retry"] == "false"
    assert response.headers["X-Generation-Id"]


@pytest.mark.parametrize("streams", [False, True])
def test_too_long_a_text_is_named_by_the_field_that_holds_it(
    api: httpx.Client, counting_endpoint: Endpoint, *, streams: bool
) -> None:
    Endpoint.objects.filter(pk=counting_endpoint.pk).update(context_window_override=64, variant="base")
    asked = {"model": "base", "prompt": "count to 3 " * 200, "stream": streams}
    response = api.post("completions", json=asked)
    assert_refused(response, 400, code="context_length_exceeded", param="prompt")
