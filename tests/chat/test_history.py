"""The prompt of a conversation: its end, as much as may be kept, and always in turns."""

from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from apps.accounts.models import User
from apps.chat.context.history import History, PastExchange, history_for, kept
from apps.chat.models import Conversation, Message, Role
from apps.chat.services.messages.attach import attach_file
from apps.chat.services.messages.send import send_message, start_conversation
from apps.chat.services.messages.stop import stop_reply
from apps.generation.models import State
from tests.chat.exchanges import answer, answered_conversation, answered_message, generation_of


def asked_next(conversation: Conversation, text: str) -> History:
    """Return the prompt of the next question."""
    last = conversation.thread.latest("position")
    question = Message.objects.create(
        conversation=conversation,
        parent=last,
        position=last.position + 1,
        version=last.children.count() + 1,
        role=Role.USER,
        question=text,
    )
    return history_for(question)


def contents(history: History) -> list[str]:
    return [turn["content"] for turn in history.turns]


@pytest.fixture
def talk(alice: User) -> Conversation:
    conversation = answered_conversation(alice, "one", "first")
    answered_message(conversation, "two", "second")
    return conversation


def test_all_is_sent_where_all_fits(talk: Conversation, settings: Settings) -> None:
    settings.CHAT_HISTORY_CHARACTERS = 100
    assert asked_next(talk, "three") == History(
        [
            {"role": "user", "content": "one"},
            {"role": "assistant", "content": "first"},
            {"role": "user", "content": "two"},
            {"role": "assistant", "content": "second"},
            {"role": "user", "content": "three"},
        ],
        turn_starts=[1, 3, 5],
    )


@pytest.mark.parametrize(("budget", "starts"), [(22, [1, 3, 5]), (21, [3, 5]), (14, [3, 5]), (13, [5]), (0, [5])])
def test_oldest_exchanges_are_left_out_whole(
    talk: Conversation, settings: Settings, budget: int, starts: list[int]
) -> None:
    settings.CHAT_HISTORY_CHARACTERS = budget
    history = asked_next(talk, "three")
    assert history.turn_starts == starts
    assert contents(history) == ["one", "first", "two", "second", "three"][-len(history.turns) :]


def test_history_has_no_holes() -> None:
    """A short old exchange is left out if a longer, later exchange does not fit."""
    latest, long, oldest = (PastExchange(characters, characters, 1, characters) for characters in (6, 100, 4))  # type: ignore[arg-type]
    assert kept([latest, long, oldest], budget=50) == [latest]


def test_reply_remembers_what_it_was_sent(talk: Conversation) -> None:
    exchange = send_message(conversation=talk, text="three")
    exchange.reply.refresh_from_db()
    assert exchange.reply.turn_starts == [1, 3, 5]


def test_question_is_sent_however_long_it_is(talk: Conversation, settings: Settings) -> None:
    settings.CHAT_HISTORY_CHARACTERS = 5
    assert contents(asked_next(talk, "x" * 100)) == ["x" * 100]


def test_exchange_without_a_reply_is_left_out(alice: User) -> None:
    conversation = answered_conversation(alice, "one", "first")
    answered_message(conversation, "two", "")
    stop_reply(conversation=conversation)
    history = asked_next(conversation, "three")
    assert contents(history) == ["one", "first", "three"]
    assert history.turn_starts == [1, 3]


def test_reply_that_failed_half_way_is_sent_as_far_as_it_came(alice: User) -> None:
    failed = answer(start_conversation(owner=alice, text="one"), "half", state=State.FAILED, error="It broke.")
    assert contents(asked_next(failed.conversation, "two")) == ["one", "half", "two"]


def test_question_that_nobody_answered_is_passed_over(talk: Conversation) -> None:
    """A file that is imported may end with one."""
    second, last = talk.thread.order_by("position")[2:]
    last.delete()
    Conversation.objects.filter(pk=talk.pk).update(current=second)
    assert asked_next(talk, "three").turn_starts == [1, 3]


def test_files_are_sent_with_their_questions(alice: User, settings: Settings) -> None:
    file = attach_file(owner=alice, conversation=None, name="a.py", content=b"x = 1\n")
    exchange = answer(start_conversation(owner=alice, text="Explain.", files=[file.pk]), "It sets x.")
    sent = ["`a.py`:\n\n```python\nx = 1\n```\n\nExplain.", "It sets x.", "Why?"]
    assert contents(asked_next(exchange.conversation, "Why?")) == sent
    settings.CHAT_HISTORY_CHARACTERS = len("Explain.It sets x.Why?")  # the file counts as well
    assert contents(asked_next(exchange.conversation, "Why?")) == ["Why?"]
    assert [turn["content"] for turn in generation_of(exchange).messages] == sent[:1]


def test_only_what_is_sent_is_read(alice: User, settings: Settings) -> None:
    """Query a message, its files, the servers, all lengths and the prompt, however long a conversation is."""
    settings.CHAT_HISTORY_CHARACTERS = 30
    conversation = answered_conversation(alice, "long ago", "left out")
    for number in range(4):
        answered_message(conversation, f"question {number}", "reply")
    question = send_message(conversation=conversation, text="What now?").question
    question.refresh_from_db()
    with CaptureQueriesContext(connection) as captured:
        history = history_for(Message.objects.select_related("conversation").get(pk=question.pk))
    assert history.turn_starts == [9, 11]
    assert len(captured) == 5


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 200))), st.integers(-10, 300))
def test_latest_exchanges_are_kept_in_their_order(sizes: list[tuple[int, int]], budget: int) -> None:
    exchanges = [PastExchange(asked, replied, 1, asked + replied) for asked, replied in sizes]  # type: ignore[arg-type]
    found = kept(exchanges, budget)
    assert found == exchanges[: len(found)]
    assert sum(exchange.characters for exchange in found) <= max(budget, 0)


def test_roles_alternate_and_the_question_is_last(alice: User) -> None:
    conversation = answered_conversation(alice, "one", "first")
    for number, reply in enumerate(["second", "", "third", ""]):
        answered_message(conversation, f"question {number}", reply)
    turns = asked_next(conversation, "last").turns
    assert all(earlier["role"] != later["role"] for earlier, later in pairwise(turns))
    assert turns[0]["role"] == "user"
    assert turns[-1] == {"role": "user", "content": "last"}
