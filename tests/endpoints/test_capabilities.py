"""The capabilities, parameters and limits of an endpoint."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.endpoints.models import Endpoint


@pytest.mark.parametrize(
    ("facts", "capabilities"),
    [
        ({"variant": "instruct"}, {"chat", "complete"}),
        ({"variant": "instruct", "size": "7B"}, {"chat", "complete", "infill"}),
        ({"variant": "instruct", "size": "34B"}, {"chat", "complete"}),
        ({"variant": "python", "size": "7B"}, {"complete"}),
        ({"variant": "base", "size": "13B"}, {"complete", "infill"}),
        ({"variant": "base", "size": "34B", "discovered_capabilities": ["chat", "complete", "infill"]}, {"complete"}),
        ({"variant": "instruct", "discovered_capabilities": ["chat", "tokenize"]}, {"chat", "tokenize"}),
        ({"variant": "instruct", "discovered_capabilities": []}, set()),
        ({"variant": "python", "capability_overrides": {"infill": True, "complete": False}}, {"infill"}),
    ],
    ids=lambda value: "-".join(sorted(value)) or "none",
)
def test_capabilities_are_what_model_and_server_share_and_overrides_have_the_last_word(
    facts: dict[str, Any], capabilities: set[str]
) -> None:
    assert Endpoint(**facts).capabilities == capabilities


def test_context_window_can_be_overridden() -> None:
    assert Endpoint().context_window is None
    assert Endpoint(discovered_context_window=4096).context_window == 4096
    assert Endpoint(discovered_context_window=4096, context_window_override=2048).context_window == 2048


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ({}, {"temperature": 0.2, "max_tokens": 500}),
        ({"temperature": None}, {"temperature": 0.2, "max_tokens": 500}),
        ({"temperature": 0.9, "max_tokens": 100}, {"temperature": 0.9, "max_tokens": 100}),
        ({"temperature": 1.9, "max_tokens": 10_000}, {"temperature": 1.0, "max_tokens": 500}),
        (
            {"stop": ["a", "b", "c"], "seed": 3},
            {"temperature": 0.2, "max_tokens": 500, "stop": ["a", "b"], "seed": 3},
        ),
    ],
    ids=str,
)
def test_parameters_are_filled_in_and_limited(asked: dict[str, Any], sent: dict[str, Any]) -> None:
    endpoint = Endpoint(
        default_parameters={"temperature": 0.2},
        maximum_parameters={"temperature": 1.0, "max_tokens": 500, "stop": 2},
    )
    assert endpoint.parameters_for(asked) == sent


def test_an_endpoint_that_says_nothing_changes_nothing() -> None:
    assert Endpoint().parameters_for({"max_tokens": 7}) == {"max_tokens": 7}
    assert Endpoint().parameters_for({}) == {}
    assert Endpoint(default_parameters=[], maximum_parameters=None).parameters_for({}) == {}


GOOD = {"temperature": 0, "top_p": 1, "max_tokens": 1}


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("default_parameters", [1], "Write an object"),
        ("default_parameters", {"top_k": 5}, "'top_k' is none of temperature, top_p, max_tokens, stop."),
        ("default_parameters", {"temperature": -0.1}, "temperature must be a number from 0 to 2."),
        ("default_parameters", {"temperature": "warm"}, "temperature must be a number from 0 to 2."),
        ("default_parameters", {"temperature": True}, "temperature must be a number from 0 to 2."),
        ("default_parameters", {"temperature": float("nan")}, "temperature must be a number from 0 to 2."),
        ("default_parameters", {"top_p": 0}, "top_p must be a number above 0 and at most 1."),
        ("default_parameters", {"top_p": 1.01}, "top_p must be a number above 0 and at most 1."),
        ("default_parameters", {"max_tokens": 0}, "max_tokens must be a whole number above 0."),
        ("default_parameters", {"max_tokens": 1.5}, "max_tokens must be a whole number above 0."),
        ("default_parameters", {"stop": "a"}, "stop must be a list of at most 4 texts, none of them empty."),
        ("default_parameters", {"stop": [""]}, "stop must be a list of at most 4 texts, none of them empty."),
        ("default_parameters", {"stop": list("abcde")}, "stop must be a list of at most 4 texts, none of them empty."),
        ("maximum_parameters", {"stop": ["a"]}, "stop must be a whole number above 0."),
        ("maximum_parameters", {"max_tokens": -1}, "max_tokens must be a whole number above 0."),
        ("capability_overrides", ["chat"], 'Write an object such as {"infill": false}.'),
        ("capability_overrides", {"chat": "yes"}, 'Write an object such as {"infill": false}.'),
        ("capability_overrides", {"fly": True}, "'fly' is no capability"),
        ("context_window_override", 0, "Ensure this value is greater than or equal to 1."),
    ],
    ids=str,
)
def test_wrong_limits_are_refused_with_a_sentence(field: str, value: Any, sentence: str) -> None:
    good = Endpoint(default_parameters={**GOOD, "stop": ["a"]}, maximum_parameters={**GOOD, "stop": 4})
    good.clean_fields(exclude={"id", "name", "url", "protocol", "variant"})
    setattr(good, field, value)
    with pytest.raises(ValidationError) as refusal:
        good.clean_fields(exclude={"id", "name", "url", "protocol", "variant"})
    assert refusal.value.message_dict[field][0].startswith(sentence)
