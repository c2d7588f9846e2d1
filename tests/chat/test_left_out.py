"""A conversation longer than its model's window shows where the view of its latest reply begins."""

import pytest
from pytest_django import Settings

from apps.accounts.models import User
from apps.chat.models import Conversation, Message
from apps.chat.services.messages.send import send_message, start_conversation
from apps.chat.services.messages.stop import stop_reply
from apps.chat.services.messages.versions import answer_again, show_version
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation, State
from tests.chat.exchanges import answer, answered_conversation, answered_message, generation_of
from tests.conftest import SignedIn

NOTE = "Written without the first {} messages of this conversation"


@pytest.fixture
def talk(alice: User) -> Conversation:
    """Four exchanges, of which the second got no reply."""
    conversation = answered_conversation(alice, "one", "first")
    for question, reply in (("two", ""), ("three", "third"), ("four", "fourth")):
        answered_message(conversation, question, reply)
    return conversation


def leave_out(reply: Message, messages: int) -> Message:
    """Be the worker that found no room for them."""
    Generation.objects.filter(message=reply).update(left_out=messages)
    return reply.conversation.messages.in_order().get(pk=reply.pk)


def last_reply(conversation: Conversation) -> Message:
    return conversation.thread.in_order().latest("position")


@pytest.mark.parametrize(("left_out", "sees_from"), [(0, 1), (2, 3), (4, 7)])
def test_view_begins_with_the_first_question_sent(talk: Conversation, left_out: int, sees_from: int) -> None:
    """The exchange without a reply is no part of that: it was not left out for its length."""
    reply = leave_out(last_reply(talk), left_out)
    assert (reply.turn_starts, reply.sees_from, reply.left_out) == ([1, 3, 7], sees_from, sees_from - 1)


def test_page_says_so_at_the_reply(talk: Conversation, alice: User, signed_in: SignedIn) -> None:
    browser = signed_in(alice)
    address = talk.get_absolute_url()
    page = browser.get(address).text
    assert 'data-sees-from="1"' in page
    assert "Written without" not in page
    leave_out(last_reply(talk), 2)
    page = browser.get(address).text
    assert page.count('data-sees-from="3"') == 1
    assert page.count(NOTE.format(2)) == 1


def test_each_version_has_its_own_view(talk: Conversation) -> None:
    first = leave_out(last_reply(talk), 2)
    second = answer(answer_again(reply=first), "another").reply
    assert last_reply(talk).sees_from == 1
    assert leave_out(second, 4).sees_from == 7
    show_version(message=first)
    assert last_reply(talk).sees_from == 3


def test_nothing_is_said_before_there_is_a_reply(talk: Conversation) -> None:
    waiting = answer_again(reply=last_reply(talk)).reply
    assert leave_out(waiting, 2).sees_from is None
    stop_reply(conversation=talk)
    assert leave_out(waiting, 2).sees_from is None
    failed = answer(answer_again(reply=waiting), "half", state=State.FAILED, error="It broke.").reply
    assert leave_out(failed, 2).sees_from == 3


def test_what_is_not_kept_with_a_request_counts_as_left_out(talk: Conversation, settings: Settings) -> None:
    settings.CHAT_HISTORY_CHARACTERS = len("fourfourthfive") + 1
    reply = answered_message(talk, "five", "fifth").reply
    assert leave_out(reply, 0).left_out == 6
    assert leave_out(reply, 2).left_out == 8


@pytest.mark.parametrize(("windows", "starts"), [((3, 2), [7, 9]), ((3, None), [1, 3, 7, 9]), ((), [1, 3, 7, 9])])
def test_no_more_is_kept_than_the_widest_window_holds(
    talk: Conversation, windows: tuple[int | None, ...], starts: list[int]
) -> None:
    for number, window in enumerate(windows):
        add_endpoint(name=f"gpu-{number}", url=f"http://gpu-{number}:80", protocol="tgi", variant="instruct")
        Endpoint.objects.filter(name=f"gpu-{number}").update(context_window_override=window)
    exchange = answered_message(talk, "five", "fifth")
    exchange.reply.refresh_from_db()
    assert exchange.reply.turn_starts == starts
    assert len(generation_of(exchange).messages) == 2 * len(starts) - 1


def test_imported_and_older_replies_say_nothing(alice: User) -> None:
    conversation = answered_conversation(alice, "one", "first")
    Message.objects.update(turn_starts=[])
    assert last_reply(conversation).sees_from is None
    assert start_conversation(owner=alice, text="two").question.sees_from is None


@pytest.mark.parametrize("state", [State.CANCELLED, State.FAILED, State.SUCCEEDED])
@pytest.mark.parametrize("empty", [1, 3])
def test_replies_without_a_word_left_no_room_for_want_of_room(
    alice: User, signed_in: SignedIn, state: State, empty: int
) -> None:
    """Stopped before the first token, failed, or answered with nothing: that the next question goes without them."""
    conversation = answer(start_conversation(owner=alice, text="one"), "", state=state).conversation
    for _ in range(empty - 1):
        answer(send_message(conversation=conversation, text="again"), "", state=state)
    last = answered_message(conversation, "two", "second").reply
    assert leave_out(last, 0).left_out == 0
    page = signed_in(alice).get(conversation.get_absolute_url()).text
    assert "second" in page
    assert "Written without" not in page
    assert page.count("The model answered with nothing.") == (empty if state == State.SUCCEEDED else 0)
