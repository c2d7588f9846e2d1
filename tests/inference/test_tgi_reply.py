"""One native stream put together from its bytes: what its last event says is the truth."""

from typing import Any

import pytest

from apps.inference.errors import Interrupted
from apps.inference.protocols.tgi_reply import TgiReply
from apps.inference.requests import Delta, FinishReason, Usage
from tests.support.counting_wire import native_details, native_token
from tests.support.wire import event


def feed(*events: dict[str, Any], max_tokens: int | None = None) -> list[Delta | None]:
    reply = TgiReply(max_tokens)
    return [reply.feed(event(one)) for one in events]


def last(text: str, whole: str, *, special: bool = False, **details: Any) -> dict[str, Any]:
    return native_token(text, special=special) | {
        "generated_text": whole,
        "details": native_details(2, "eos_token") | details,
    }


def test_text_that_only_the_whole_has_comes_with_the_last_delta() -> None:
    assert feed(native_token("a"), last("", "a🦙")) == [Delta("a", 1), Delta("🦙", 1, "stop", Usage(10, 2))]


def test_whole_text_of_another_wording_is_given_beside() -> None:
    told = feed(native_token(" To"), last("</s>", "To", special=True))
    assert told == [Delta(" To", 1), Delta("", 1, "stop", Usage(10, 2), whole_text="To")]


@pytest.mark.parametrize("whole", ["a b", "the prompt: a b"])
def test_prompt_before_the_whole_text_is_no_difference(whole: str) -> None:
    assert feed(native_token("a"), last(" b", whole))[-1] == Delta(" b", 1, "stop", Usage(10, 2))


def test_special_tokens_are_no_text_wherever_they_are() -> None:
    told = feed(
        native_token("<s>", special=True), native_token("a"), native_token("<unk>", special=True), last("b", "ab")
    )
    assert told == [Delta("", 1), Delta("a", 1), Delta("", 1), Delta("b", 1, "stop", Usage(10, 2))]


def test_older_servers_do_not_count_the_prompt() -> None:
    ending = last("a", "a")
    del ending["details"]["input_length"]
    assert feed(ending) == [Delta("a", 1, "stop", Usage(None, 2))]


@pytest.mark.parametrize(("max_tokens", "reason"), [(None, "stop"), (3, "stop"), (2, "length")])
def test_without_details_the_number_of_tokens_says_whether_it_was_cut(
    max_tokens: int | None, reason: FinishReason
) -> None:
    ending = native_token("b") | {"generated_text": "ab"}
    assert feed(native_token("a"), ending, max_tokens=max_tokens)[-1] == Delta("b", 1, reason)


def test_stop_sequence_stays_in_the_text() -> None:
    assert feed(last("a\n\n", "a\n\n", finish_reason="stop_sequence")) == [Delta("a\n\n", 1, "stop", Usage(10, 2))]


def test_missing_logprob_and_other_numbers_do_not_matter() -> None:
    token = native_token("a") | {"index": 7}
    token["token"]["logprob"] = None
    assert feed(token) == [Delta("a", 1)]


@pytest.mark.parametrize(("told", "reason"), [("New_Reason", "new_reason"), (None, "unknown"), (7, "unknown")])
def test_ending_that_is_not_known_keeps_its_name(told: object, reason: FinishReason) -> None:
    assert feed(last("a", "a", finish_reason=told)) == [Delta("a", 1, reason, Usage(10, 2))]


def test_reply_ends_at_the_number_that_was_asked_for() -> None:
    told = feed(native_token("a"), native_token("b"), native_token("c"), max_tokens=2)
    assert told[:2] == [Delta("a", 1), Delta("b", 1, "length", Usage(None, 2))]


def test_done_is_no_ending() -> None:
    reply = TgiReply()
    assert reply.feed(event(native_token("a")) + b"data: [DONE]\n\n") == Delta("a", 1)
    assert isinstance(reply.failure, Interrupted)
