"""Left-out messages of a conversation that is longer than the model's window."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.inference.context import estimate_chat_tokens, fit
from apps.inference.errors import ContextTooLong, Overloaded
from apps.inference.requests import ChatMessage, Role


class Tokenizer:
    """Counts a token for each character, ten for each message, and its own calls."""

    def __init__(self) -> None:
        self.calls = 0

    async def __call__(self, messages: Sequence[ChatMessage]) -> int:
        self.calls += 1
        return self.count(messages)

    @staticmethod
    def count(messages: Sequence[ChatMessage]) -> int:
        return sum(10 + len(message.content) for message in messages)


def talk(*lengths: int, system: int | None = None) -> list[ChatMessage]:
    """A conversation whose messages are so many characters long."""
    roles: list[Role] = ["user", "assistant"]
    turns = [ChatMessage(roles[number % 2], "x" * length) for number, length in enumerate(lengths)]
    return turns if system is None else [ChatMessage("system", "s" * system), *turns]


async def test_what_fits_stays_whole_and_is_counted_once() -> None:
    tokenizer = Tokenizer()
    messages = talk(10, 20, 30, system=5)
    fitted = await fit(messages, window=205, reply_tokens=100, count=tokenizer)
    assert fitted.messages == tuple(messages)
    assert fitted.left_out == ()
    assert fitted.left_out_tokens == 0
    assert fitted.prompt_tokens == 105
    assert not fitted.estimated
    assert tokenizer.calls == 1


async def test_one_token_too_many_leaves_the_oldest_exchange_out() -> None:
    messages = talk(10, 20, 30, system=5)
    fitted = await fit(messages, window=204, reply_tokens=100, count=Tokenizer())
    assert fitted.messages == (messages[0], messages[3])
    assert fitted.left_out == (1, 2)
    assert fitted.left_out_tokens == 20 + 30
    assert fitted.prompt_tokens == 15 + 40


async def test_only_as_many_exchanges_go_as_must() -> None:
    messages = talk(10, 10, 10, 10, 10, 10, 10, 10, 10)
    fitted = await fit(messages, window=120, reply_tokens=10, count=Tokenizer())
    assert fitted.left_out == (0, 1, 2, 3)
    assert fitted.prompt_tokens == 100


async def test_partial_reply_stays_with_its_question() -> None:
    messages = talk(10, 10, 50, 60)
    fitted = await fit(messages, window=140, reply_tokens=10, count=Tokenizer())
    assert fitted.messages == tuple(messages[2:])
    with pytest.raises(ContextTooLong):
        await fit(messages, window=139, reply_tokens=10, count=Tokenizer())


async def test_what_must_stay_and_does_not_fit_is_said_with_figures() -> None:
    with pytest.raises(ContextTooLong) as caught:
        await fit(talk(10, 10, 50, system=30), window=119, reply_tokens=20, count=Tokenizer())
    assert caught.value.sentence == (
        "The last message and the system prompt take 100 tokens and the reply 20; the model's window holds 119. "
        "Shorten one of them."
    )


async def test_single_message_that_is_too_long() -> None:
    with pytest.raises(ContextTooLong, match="take 110 tokens and the reply 20; the model's window holds 50"):
        await fit(talk(100), window=50, reply_tokens=20, count=Tokenizer())


async def test_a_long_conversation_takes_few_counts() -> None:
    tokenizer = Tokenizer()
    fitted = await fit(talk(*[100] * 1001), window=4_000, reply_tokens=500, count=tokenizer)
    assert len(fitted.left_out) == 970
    assert tokenizer.calls <= 3


async def test_without_a_tokenizer_the_figures_are_estimates() -> None:
    messages = talk(400, 400, 40)
    assert estimate_chat_tokens(messages[2:]) < 300 < estimate_chat_tokens(messages)
    fitted = await fit(messages, window=400, reply_tokens=100)
    assert fitted.estimated
    assert fitted.left_out == (0, 1)
    assert fitted.prompt_tokens == estimate_chat_tokens(messages[2:])
    assert fitted.left_out_tokens == estimate_chat_tokens(messages) - fitted.prompt_tokens


async def test_estimated_figures_are_said_to_be_about() -> None:
    with pytest.raises(ContextTooLong, match=r"take about [\d,]+ tokens"):
        await fit(talk(4000), window=400, reply_tokens=100)


@pytest.mark.parametrize("failing_call", [1, 2])
async def test_tokenizer_that_fails_is_replaced_by_an_estimate(failing_call: int) -> None:
    tokenizer = Tokenizer()

    async def count(messages: Sequence[ChatMessage]) -> int:
        tokens = await tokenizer(messages)
        if tokenizer.calls == failing_call:
            raise Overloaded
        return tokens

    fitted = await fit(talk(400, 400, 40), window=400, reply_tokens=100, count=count)
    assert tokenizer.calls == failing_call
    assert fitted.estimated
    assert fitted.left_out == (0, 1)


lengths = st.lists(st.integers(0, 60), min_size=1, max_size=40)


@given(lengths, st.none() | st.integers(0, 60), st.integers(0, 1500), st.integers(0, 200))
async def test_most_is_kept_of_any_conversation(
    turns: list[int], system: int | None, window: int, reply_tokens: int
) -> None:
    messages, tokenizer = talk(*turns, system=system), Tokenizer()
    head = 0 if system is None else 1
    starts = [number for number, message in enumerate(messages) if message.role == "user"]
    choices = [(*messages[:head], *messages[start:]) for start in starts]
    fitting = [kept for kept in choices if Tokenizer.count(kept) <= window - reply_tokens]
    try:
        fitted = await fit(messages, window=window, reply_tokens=reply_tokens, count=tokenizer)
    except ContextTooLong as error:
        assert fitting == []
        sentence = error.sentence
    else:
        sentence = ""
        assert fitted.messages == fitting[0]
        assert fitted.prompt_tokens == Tokenizer.count(fitting[0])
        left_out = [messages[position] for position in fitted.left_out]
        assert fitted.left_out_tokens == Tokenizer.count(left_out)
        assert len(left_out) + len(fitted.messages) == len(messages)
    assert tokenizer.calls <= 3 + len(starts).bit_length()
    assert bool(sentence) is (fitting == [])
    if sentence:
        assert str(Tokenizer.count(choices[-1])) in sentence
