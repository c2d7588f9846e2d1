"""What a reader gets is a function of the log and his offset."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.generation.log.entries import Ended, GapInLog, decode, encode_state
from apps.generation.models import State

texts = st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), max_size=12)


def entries_of(pieces: list[str]) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """Text entries as the log stores them."""
    entries, offset = [], 0
    for piece in pieces:
        offset += len(piece)
        entries.append((f"{offset}-0".encode(), {b"t": piece.encode()}))
    return entries


@given(texts, st.data())
def test_a_reader_gets_exactly_what_he_misses(pieces: list[str], data: st.DataObject) -> None:
    whole = "".join(pieces)
    after = data.draw(st.integers(0, len(whole)))
    events = decode(entries_of(pieces), after=after)
    assert events.text == whole[after:]
    assert events.offset_after == len(whole)


@given(texts, st.data())
def test_repeated_entries_change_nothing(pieces: list[str], data: st.DataObject) -> None:
    entries = entries_of(pieces)
    again = data.draw(st.integers(0, len(entries)))
    assert decode([*entries[:again], *entries], after=0).text == "".join(pieces)


def test_missing_entries_are_noticed() -> None:
    with pytest.raises(GapInLog):
        decode(entries_of(["one", "two", "three"])[1:], after=0)


def test_states_and_the_end_come_along() -> None:
    ended = Ended(State.SUCCEEDED, "stop", usage={"completion_tokens": 2})
    entries = [
        (b"0-1", {b"s": encode_state(State.RUNNING).encode()}),
        (b"2-0", {b"t": b"ab"}),
        (b"2-1", {b"e": ended.encode().encode()}),
    ]
    events = decode(entries, after=0)
    assert (events.state, events.text, events.ended) == (State.RUNNING, "ab", ended)


def test_the_end_is_plain_json() -> None:
    values = json.loads(Ended(State.FAILED, error="The server closed the connection.").encode())
    assert values["state"] == "failed"
    assert values["error"] == "The server closed the connection."
