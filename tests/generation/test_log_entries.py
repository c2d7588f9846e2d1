"""A reader's events are a function of the log and the reader's offset."""

import json
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.generation.log.entries import Ended, Events, GapInLog, encode_running, encode_state
from apps.generation.log.follower import LogReader
from apps.generation.log.frames import HEADER, Kind, frames_of, text_header
from apps.generation.models import State

texts = st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), max_size=12)
ID = uuid4()


def published(pieces: list[str]) -> bytes:
    """The pieces as a worker publishes them, beside those of another generation."""
    message, offset = b"", 0
    for piece in pieces:
        other = b"beside it"
        message += text_header(uuid4().bytes, 7, len(other)) + other
        message += text_header(ID.bytes, offset, len(piece.encode())) + piece.encode()
        offset += len(piece)
    return message


def entry(kind: Kind, number: int, payload: str) -> bytes:
    return HEADER.pack(ID.bytes, kind, number, len(payload.encode())) + payload.encode()


def taken(message: bytes, after: int) -> Events:
    return LogReader(ID, after).join(list(frames_of(message, {ID.bytes})))


@given(texts, st.data())
def test_a_reader_gets_exactly_what_it_misses(pieces: list[str], data: st.DataObject) -> None:
    whole = "".join(pieces)
    after = data.draw(st.integers(0, len(whole)))
    events = taken(published(pieces), after)
    assert events.text == whole[after:]
    assert events.offset_after == len(whole)


@given(texts, st.data())
def test_repeated_frames_change_nothing(pieces: list[str], data: st.DataObject) -> None:
    again = data.draw(st.integers(0, len(pieces)))
    assert taken(published(pieces[:again]) + published(pieces), 0).text == "".join(pieces)


def test_missing_frames_are_noticed() -> None:
    message = published(["one", "two", "three"])
    late = [frame for frame in frames_of(message, {ID.bytes}) if frame.number]
    with pytest.raises(GapInLog):
        LogReader(ID, 0).join(late)


def test_an_end_beyond_the_text_is_a_gap() -> None:
    end = list(frames_of(entry(Kind.END, 5, Ended(State.SUCCEEDED).encode()), {ID.bytes}))
    with pytest.raises(GapInLog):
        LogReader(ID, 4).join(end)
    assert LogReader(ID, 5).join(end).ended == Ended(State.SUCCEEDED)


def test_states_and_the_end_come_along() -> None:
    ended = Ended(State.SUCCEEDED, "stop", usage={"completion_tokens": 2})
    running = entry(Kind.STATE, 1, encode_state(State.RUNNING))
    events = taken(running + published(["ab"]) + entry(Kind.END, 2, ended.encode()), 0)
    assert (events.state, events.text, events.ended) == (State.RUNNING, "ab", ended)
    assert events.is_writing


def test_running_names_the_model() -> None:
    named, unnamed = (entry(Kind.STATE, 1, encode_running(model)) for model in ("org/model", ""))
    assert [(events.state, events.model) for events in (taken(named, 0), taken(unnamed, 0))] == [
        (State.RUNNING, "org/model"),
        (State.RUNNING, ""),
    ]


def test_a_state_after_the_text_waits_for_text() -> None:
    events = taken(published(["ab"]) + entry(Kind.STATE, 1, encode_state(State.QUEUED)), 0)
    assert (events.state, events.text, events.is_writing) == (State.QUEUED, "ab", False)


def test_the_end_is_plain_json() -> None:
    values = json.loads(Ended(State.FAILED, error="The server closed the connection.").encode())
    assert values["state"] == "failed"
    assert values["error"] == "The server closed the connection."
