"""What a model is told of a conversation: its end, as much as fits, and always in turns."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from apps.accounts.models import User
from apps.chat.history import turns_for
from apps.chat.models import Message, Role
from apps.chat.services.send import start_conversation
from apps.chat.services.stop import stop_reply
from apps.generation.models import Generation, State
from tests.chat.exchanges import answer, answered_conversation, answered_message


def exchange(asked: str, replied: str) -> list[Message]:
    generation = Generation(text=replied, state=State.SUCCEEDED)
    return [Message(role=Role.USER, question=asked), Message(role=Role.ASSISTANT, generation=generation)]


def contents(messages: list[Message], question: str) -> list[str]:
    return [turn["content"] for turn in turns_for(messages, question)]


def test_all_is_told_where_all_fits(settings: Settings) -> None:
    settings.CHAT_HISTORY_CHARACTERS = 100
    messages = exchange("one", "first") + exchange("two", "second")
    assert turns_for(messages, "three") == [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "first"},
        {"role": "user", "content": "two"},
        {"role": "assistant", "content": "second"},
        {"role": "user", "content": "three"},
    ]


@pytest.mark.parametrize(("budget", "first_told"), [(22, "one"), (21, "two"), (14, "two"), (13, "three"), (0, "three")])
def test_oldest_exchanges_are_left_out_whole(settings: Settings, budget: int, first_told: str) -> None:
    settings.CHAT_HISTORY_CHARACTERS = budget
    told = contents(exchange("one", "first") + exchange("two", "second"), "three")
    assert told == ["one", "first", "two", "second", "three"][-len(told) :]
    assert told[0] == first_told


def test_history_has_no_holes(settings: Settings) -> None:
    """A short old exchange is not told where a long one after it does not fit."""
    settings.CHAT_HISTORY_CHARACTERS = 50
    messages = exchange("one", "1") + exchange("two", "x" * 100) + exchange("three", "3")
    assert contents(messages, "four") == ["three", "3", "four"]


def test_question_is_told_however_long_it_is(settings: Settings) -> None:
    settings.CHAT_HISTORY_CHARACTERS = 5
    assert contents(exchange("one", "1"), "x" * 100) == ["x" * 100]


def test_exchange_without_a_reply_is_left_out(alice: User) -> None:
    conversation = answered_conversation(alice, "one", "first")
    failed = answered_message(conversation, "two", "")
    stop_reply(conversation=conversation)
    assert contents(list(failed.conversation.messages.in_order()), "three") == ["one", "first", "three"]


def test_reply_that_failed_half_way_is_told_as_far_as_it_came(alice: User) -> None:
    failed = answer(start_conversation(owner=alice, text="one"), "half", state=State.FAILED, error="It broke.")
    assert contents(list(failed.conversation.messages.in_order()), "two") == ["one", "half", "two"]


@given(st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9))), st.text(min_size=1, max_size=9))
def test_roles_alternate_and_the_question_is_last(exchanges: list[tuple[str, str]], question: str) -> None:
    turns = turns_for([message for pair in exchanges for message in exchange(*pair)], question)
    assert all(earlier["role"] != later["role"] for earlier, later in pairwise(turns))
    assert turns[0]["role"] == "user"
    assert turns[-1] == {"role": "user", "content": question}
