"""The tree of errors: each has its sentence, its verdict on retrying, and a detail that may stand in a log."""

import pytest

from apps.inference import errors
from apps.inference.errors import InferenceError, Interrupted, clean_detail

EVERY_ERROR = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, InferenceError)]


@pytest.mark.parametrize("kind", EVERY_ERROR)
def test_every_error_is_drawn_and_speaks_to_a_person(kind: type[InferenceError]) -> None:
    error = kind("a detail")
    assert kind.__name__ in (errors.__doc__ or "")
    assert str(error) == error.sentence
    assert error.sentence.endswith(".")
    assert "a detail" not in error.sentence
    assert isinstance(error.may_retry, bool)


def test_what_may_be_retried() -> None:
    assert {kind.__name__ for kind in EVERY_ERROR if kind.may_retry} == {
        "Overloaded",
        "Unreachable",
        "ConnectTimedOut",
        "FirstTokenTimedOut",
        "Interrupted",
        "Stalled",
        "ServerError",
    }


def test_detail_is_one_short_line() -> None:
    assert clean_detail("a\r\nb\x00\x1b[31mc\u2028d\ud800") == "a b [31mc d"
    assert len(Interrupted("x" * 10_000).detail) == errors.LONGEST_DETAIL


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Authorization: Bearer abc.def-123 was refused", "Authorization: Bearer … was refused"),
        ("token hf_AbCdEf123 is wrong", "token hf_… is wrong"),
        ("Incorrect API key provided: sk-abc123", "Incorrect API key provided: sk-…"),
        ("a task-force and a disk_usage", "a task-force and a disk_usage"),
    ],
)
def test_detail_holds_no_token(text: str, cleaned: str) -> None:
    assert clean_detail(text) == cleaned
