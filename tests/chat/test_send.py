"""Sending a message stores a question and the reply to come, once, or nothing at all."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from pytest_django import Settings

from apps.accounts.models import User
from apps.chat.errors import EmptyMessage, ReplyInProgress, TooManyReplies
from apps.chat.models import Conversation, Message, Role
from apps.chat.services.messages.exchange import Exchange
from apps.chat.services.messages.send import send_message, start_conversation
from apps.chat.services.messages.stop import stop_reply
from apps.chat.titles import title_from
from apps.endpoints.services import add_endpoint
from apps.endpoints.services.reserve import reserve_endpoint
from apps.generation.models import Generation, State
from apps.generation.services.claim import claim_next
from tests.chat.exchanges import answer, answered_conversation, answered_message, generation_of


def test_first_message_makes_a_conversation_and_a_queued_reply(alice: User) -> None:
    exchange = start_conversation(owner=alice, text="How do I sort a list?\nIn Python.")
    assert exchange.conversation.owner == alice
    assert exchange.conversation.title == "How do I sort a list?"
    assert (exchange.question.role, exchange.question.text) == (Role.USER, "How do I sort a list?\nIn Python.")
    generation = generation_of(exchange)
    assert (exchange.reply.role, exchange.reply.state) == (Role.ASSISTANT, State.QUEUED)
    assert (generation.owner, generation.variant) == (alice, "instruct")
    assert generation.messages == [{"role": "user", "content": "How do I sort a list?\nIn Python."}]
    assert generation.parameters == {"max_tokens": settings.CHAT_MAX_TOKENS}


def test_messages_follow_each_other(alice: User) -> None:
    conversation = answered_conversation(alice, "one", "first")
    answered_message(conversation, "two", "second")
    send_message(conversation=conversation, text="three")
    messages = conversation.messages.in_order()
    assert [(message.position, message.text) for message in messages] == [
        (1, "one"),
        (2, "first"),
        (3, "two"),
        (4, "second"),
        (5, "three"),
        (6, ""),
    ]


def test_model_gets_earlier_messages(alice: User) -> None:
    conversation = answered_conversation(alice, "one", "first")
    exchange = send_message(conversation=conversation, text="two")
    assert [turn["content"] for turn in generation_of(exchange).messages] == ["one", "first", "two"]


def test_sending_brings_the_conversation_to_the_top(alice: User) -> None:
    older, newer = (answered_conversation(alice, text, "reply") for text in ("older", "newer"))
    Conversation.objects.filter(pk=older.pk).update(updated_at="2020-01-01T00:00:00Z")
    assert Conversation.objects.first() == newer
    send_message(conversation=older, text="again")
    assert Conversation.objects.first() == older


@pytest.mark.parametrize("text", ["", " ", "\n\t\u2003\n"])
def test_empty_message_is_refused_and_nothing_is_stored(alice: User, text: str) -> None:
    with pytest.raises(EmptyMessage):
        start_conversation(owner=alice, text=text)
    assert not Conversation.objects.exists()
    assert not Generation.objects.exists()


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING])
def test_second_question_is_refused_while_a_reply_is_written(alice: User, state: State) -> None:
    exchange = start_conversation(owner=alice, text="one")
    if state == State.RUNNING:
        assert claim_next(variant="instruct", worker="test") == generation_of(exchange)
    with pytest.raises(ReplyInProgress):
        send_message(conversation=exchange.conversation, text="two")
    assert Message.objects.count() == 2
    assert Generation.objects.count() == 1


@pytest.mark.parametrize("state", [State.SUCCEEDED, State.FAILED])
def test_next_question_may_follow_any_end(alice: User, state: State) -> None:
    exchange = answer(start_conversation(owner=alice, text="one"), "first", state=state)
    assert send_message(conversation=exchange.conversation, text="two").question.position == 3


def test_next_question_may_follow_a_stop(alice: User) -> None:
    exchange = start_conversation(owner=alice, text="one")
    assert stop_reply(conversation=exchange.conversation)
    assert not stop_reply(conversation=exchange.conversation)
    assert send_message(conversation=exchange.conversation, text="two").question.position == 3


def test_same_key_gives_the_same_exchange(alice: User) -> None:
    key = uuid4()
    first = start_conversation(owner=alice, text="one", idempotency_key=key)
    assert start_conversation(owner=alice, text="one", idempotency_key=key) == first
    assert send_message(conversation=first.conversation, text="one", idempotency_key=key) == first
    assert Conversation.objects.count() == 1
    assert Message.objects.count() == 2


def test_key_of_one_person_means_nothing_to_another(alice: User, bob: User) -> None:
    key = uuid4()
    exchanges = [start_conversation(owner=owner, text="one", idempotency_key=key) for owner in (alice, bob)]
    assert [exchange.conversation.owner for exchange in exchanges] == [alice, bob]
    assert Conversation.objects.count() == 2


@pytest.mark.usefixtures("no_worker_at_hand")
def test_same_key_from_two_sides_at_once_makes_one_conversation(alice: User) -> None:
    key = uuid4()

    def send() -> Exchange:
        return start_conversation(owner=alice, text="one", idempotency_key=key)

    for first, second in [at_once(send), at_once(send)]:
        assert isinstance(first, Exchange)
        assert first == second
    assert Conversation.objects.count() == 1
    assert Message.objects.count() == 2
    assert Generation.objects.count() == 1


@pytest.mark.usefixtures("no_worker_at_hand")
def test_two_tabs_asking_at_once_get_one_reply_and_one_refusal(conversation: Conversation) -> None:
    outcomes = at_once(lambda: send_message(conversation=conversation, text="one"))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Exchange", "ReplyInProgress"]
    assert [message.position for message in conversation.messages.in_order()] == [1, 2]


def at_once(send: Callable[[], Exchange]) -> tuple[Exchange | ReplyInProgress, ...]:
    """Return the results of two threads that begin together, each in its own transaction."""
    barrier = Barrier(2)

    def begin_together() -> Exchange | ReplyInProgress:
        barrier.wait()
        try:
            return send()
        except ReplyInProgress as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        return tuple(future.result() for future in [threads.submit(begin_together) for _ in range(2)])


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Short", "Short"),
        ("\n\n  First line  \nsecond", "First line"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 60 + "…"),
        ("word " * 20, "word word word word word word word word word word word word…"),
        (f"{'x' * 50} and, then more", f"{'x' * 50} and…"),
        ("\u202egnp.exe of \u2066mine", "gnp.exe of mine"),
        ("\u202e\n\u2066", "Untitled"),
    ],
)
def test_title_is_the_first_line_cut_at_a_word(text: str, title: str) -> None:
    assert title_from(text) == title


@pytest.fixture
def two_at_once(settings: Settings) -> None:
    settings.GENERATIONS_PER_PERSON = 2


@pytest.mark.usefixtures("two_at_once")
def test_more_than_a_person_may_have_at_once_are_refused(alice: User, bob: User) -> None:
    conversation = answered_conversation(alice, "one", "first")
    running = send_message(conversation=conversation, text="two")
    start_conversation(owner=alice, text="three")
    with pytest.raises(TooManyReplies, match="You have 2 replies waiting or being written"):
        start_conversation(owner=alice, text="four")
    assert not Conversation.objects.filter(title="four").exists()
    start_conversation(owner=bob, text="five")
    stop_reply(conversation=running.conversation)
    start_conversation(owner=alice, text="four")


@pytest.mark.usefixtures("two_at_once")
def test_the_same_message_again_is_no_further_one(alice: User) -> None:
    key = uuid4()
    first = start_conversation(owner=alice, text="one", idempotency_key=key)
    start_conversation(owner=alice, text="two")
    assert start_conversation(owner=alice, text="one", idempotency_key=key) == first


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("two_at_once")
def test_limit_holds_for_messages_sent_at_one_moment(alice: User) -> None:
    add_endpoint(name="full", url="http://127.0.0.1:9", protocol="openai", variant="instruct", max_concurrency=1)
    reserve_endpoint(variant="instruct", holder=uuid4(), needs=("chat",))  # so that they wait
    at_once = Barrier(6)

    def send(number: int) -> bool:
        at_once.wait()
        try:
            start_conversation(owner=alice, text=str(number))
        except TooManyReplies:
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(send, range(6))) == [False] * 4 + [True] * 2
    assert Generation.objects.count() == Conversation.objects.count() == 2
