"""Events are read as the standard library reads JSON, whatever reads them faster."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.inference.errors import ProtocolError
from apps.inference.protocols.reply import event_of

TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
# Bits of JSON that make whole events now and then, and broken ones otherwise.
NUMBERS = ["NaN", "-Infinity", "1e400", "-0", "01", "1.", "9" * 30]
BITS = st.sampled_from(
    [*'"}][,: \t\x0b\x00\x1f\udc80\ud83dé', '{"a":', '"a"', "null", "tru", "\\x", "\\u", "d83d", "de00", *NUMBERS]
)
ACCEPTED_BY_JSON_ALONE = ('"\\ud83d"', '"\\ude00\\ud83d"', "NaN", "[-Infinity]", "1e400", '"\udcc3\udca9"')


def read_by_json(payload: str) -> str:
    try:
        event = json.JSONDecoder().decode(payload)
    except (ValueError, RecursionError):
        return "refused"
    return repr(event) if isinstance(event, dict) else "refused"


def read(payload: str) -> str:
    try:
        return repr(event_of(payload))
    except ProtocolError:
        return "refused"


@given(st.dictionaries(TEXTS, VALUES, max_size=4), st.booleans())
def test_an_event_is_what_json_says(event: dict[str, Any], is_escaped: bool) -> None:  # noqa: FBT001 - drawn
    payload = json.dumps(event, ensure_ascii=is_escaped)
    assert read(payload) == read_by_json(payload) != "refused"


@given(st.lists(BITS, max_size=12).map("".join))
def test_odd_payloads_are_what_json_says(payload: str) -> None:
    assert read(payload) == read_by_json(payload)
    assert read('{"a":' + payload + "}") == read_by_json('{"a":' + payload + "}")


@pytest.mark.parametrize("value", ACCEPTED_BY_JSON_ALONE)
def test_what_only_json_accepts_is_read(value: str) -> None:
    payload = f'{{"choices":[{value}]}}'
    assert read(payload) == read_by_json(payload) != "refused"


def test_the_last_of_two_values_counts() -> None:
    assert event_of('{"a":1,"a":2}') == {"a": 2}


@pytest.mark.parametrize("payload", ["[" * 200_000, '{"a":' * 200_000, '{"a":' + "9" * 5_000 + "}", "[1]", "", "nul"])
def test_what_json_refuses_is_refused(payload: str) -> None:
    with pytest.raises(ProtocolError):
        event_of(payload)
