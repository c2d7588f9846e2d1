"""Tokens are cut with the text that they make up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.generation.worker.scored_text import ScoredText
from apps.generation.worker.stop_sequences import StopSequenceReader
from apps.inference.logprobs import ScoredToken
from apps.inference.prompts import ReplyText
from apps.inference.prompts.newlines import LF
from apps.inference.requests import Delta, ScoredDelta


def kept(
    texts: list[str], *, stop: list[str], drops_space: bool = False, at_once: int = 1
) -> tuple[str, list[ScoredToken]]:
    """Return what is kept of a stream of tokens, and its tokens; they agree at every step."""
    reader = StopSequenceReader(ReplyText(stop=tuple(stop), ends_with=(), drops_leading_space=drops_space, newline=LF))
    whole = ScoredText(drops_leading_space=drops_space)
    tokens = [ScoredToken(text, -number / 8) for number, text in enumerate(texts)]
    pieces = [tokens[start : start + at_once] for start in range(0, len(tokens), at_once)]
    raw = "".join(texts)
    alone = StopSequenceReader(ReplyText(stop=tuple(stop), ends_with=(), drops_leading_space=drops_space, newline=LF))
    told: list[ScoredToken] = []
    text = ""
    for piece in [*pieces, []]:
        delta = ScoredDelta(
            "".join(token.text for token in piece), scored=piece, finish_reason=None if piece else "stop"
        )
        read = reader.read(delta)
        assert isinstance(read, ScoredDelta)
        told += whole.take(read.text, read.scored, is_last=read.finish_reason is not None)
        text += read.text
        if read.finish_reason:
            break
    assert text == alone.read(Delta(raw, finish_reason="stop")).text
    assert "".join(token.text for token in told) == text
    return text, told


@pytest.mark.parametrize("at_once", [1, 2, 10])
def test_tokens_of_a_stop_sequence_are_dropped(at_once: int) -> None:
    text, tokens = kept(["al", "pha", " ST", "OP", " beta"], stop=["STOP"], at_once=at_once)
    assert text == "alpha "
    assert [token.text for token in tokens] == ["al", "pha", " "], "the token that is cut keeps its part"
    assert [token.logprob for token in tokens] == [0, -1 / 8, -2 / 8]


def test_tokens_that_may_begin_a_stop_sequence_wait() -> None:
    whole = ScoredText(drops_leading_space=False)
    assert whole.take("a", [ScoredToken("ab")], is_last=False) == []
    assert [token.text for token in whole.take("b", [], is_last=False)] == ["ab"]


def test_the_space_before_a_chat_s_reply_is_no_part_of_its_token() -> None:
    text, tokens = kept([" Hello", " there"], stop=["x"], drops_space=True)
    assert (text, [token.text for token in tokens]) == ("Hello there", ["Hello", " there"])


def test_an_end_token_is_no_token_of_the_text() -> None:
    assert [token.text for token in kept(["a", "", "b", ""], stop=["x"])[1]] == ["a", "", "b"]


@given(
    st.lists(st.text("ab ", max_size=3), max_size=10),
    st.lists(st.text("ab ", min_size=1, max_size=3), max_size=2),
    st.booleans(),
    st.integers(1, 4),
)
def test_any_tokens_join_to_any_text(texts: list[str], stop: list[str], drops_space: bool, at_once: int) -> None:  # noqa: FBT001
    kept([text for text in texts if text] or ["a"], stop=stop, drops_space=drops_space, at_once=at_once)
