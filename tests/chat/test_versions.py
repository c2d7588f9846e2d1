"""Questions in other words and replies written once more stand beside what was there; one thread is shown."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import User
from apps.chat.errors import EmptyMessage, NoQuestion, ReplyInProgress
from apps.chat.models import Conversation, Message
from apps.chat.services.messages.send import send_message, start_conversation
from apps.chat.services.messages.versions import answer_again, edit_question, show_version
from apps.generation.models import State
from tests.chat.exchanges import answer, answered_conversation, answered_message, generation_of
from tests.conftest import SignedIn


def shown(conversation: Conversation) -> list[str]:
    return [message.text for message in conversation.thread.in_order()]


def message_saying(conversation: Conversation, question: str) -> Message:
    return conversation.messages.get(question=question)


@pytest.fixture
def talk(alice: User) -> Conversation:
    """Two exchanges."""
    conversation = answered_conversation(alice, "one", "first")
    answered_message(conversation, "two", "second")
    return conversation


def test_edited_question_begins_a_thread_of_its_own(talk: Conversation) -> None:
    with transaction.atomic():
        exchange = answer(edit_question(question=message_saying(talk, "two"), text="zwei"), "zweitens")
    assert shown(talk) == ["one", "first", "zwei", "zweitens"]
    assert (exchange.question.version, exchange.question.position) == (2, 3)
    told = [turn["content"] for turn in generation_of(exchange).messages]
    assert told == ["one", "first", "zwei"]
    answered_message(talk, "three", "third")
    assert shown(talk) == ["one", "first", "zwei", "zweitens", "three", "third"]


def test_first_question_can_be_edited(talk: Conversation) -> None:
    exchange = edit_question(question=message_saying(talk, "one"), text="eins")
    assert (exchange.question.parent, exchange.question.version) == (None, 2)
    assert shown(talk) == ["eins", ""]
    assert [message.versions for message in talk.thread.in_order()] == [2, 1]


def test_reply_written_once_more_stands_beside_the_first(talk: Conversation) -> None:
    reply = talk.thread.get(position=4)
    with transaction.atomic():
        exchange = answer(answer_again(reply=reply), "another")
    assert shown(talk) == ["one", "first", "two", "another"]
    assert exchange.question.question == "two"
    assert [turn["content"] for turn in generation_of(exchange).messages] == ["one", "first", "two"]
    assert [message.versions for message in talk.thread.in_order()] == [1, 1, 1, 2]


def test_another_version_is_shown_to_where_it_was_last_continued(talk: Conversation) -> None:
    second = message_saying(talk, "two")
    with transaction.atomic():
        first = answer(edit_question(question=message_saying(talk, "one"), text="eins"), "erstens")
    show_version(message=message_saying(talk, "one"))
    assert shown(talk) == ["one", "first", "two", "second"]
    show_version(message=first.question)
    assert shown(talk) == ["eins", "erstens"]
    show_version(message=second)
    assert shown(talk) == ["one", "first", "two", "second"]


def test_nothing_is_switched_while_a_reply_is_being_written(talk: Conversation) -> None:
    running = send_message(conversation=talk, text="three")
    with pytest.raises(ReplyInProgress):
        answer_again(reply=talk.thread.get(position=4))
    with pytest.raises(ReplyInProgress):
        edit_question(question=message_saying(talk, "one"), text="eins")
    with pytest.raises(ReplyInProgress):
        show_version(message=message_saying(talk, "one"))
    assert running.reply.state == State.QUEUED
    assert shown(talk)[-2] == "three"


def test_what_cannot_be_done_is_refused(talk: Conversation) -> None:
    with pytest.raises(EmptyMessage):
        edit_question(question=message_saying(talk, "one"), text=" \n")
    with pytest.raises(NoQuestion):
        answer_again(reply=message_saying(talk, "two"))
    assert talk.messages.count() == 4


def test_two_versions_never_have_one_number(talk: Conversation) -> None:
    edit_question(question=message_saying(talk, "one"), text="eins")
    with pytest.raises(IntegrityError, match="message_one_per_version"), transaction.atomic():
        Message.objects.create(conversation=talk, position=1, version=2, role="user", question="uno")


def test_queries_do_not_grow_with_the_thread(talk: Conversation) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert shown(talk)
        return len(captured)

    before = queries()
    for number in range(3):
        answered_message(talk, f"more {number}", "yes")
    assert queries() == before == 2  # the messages, and their files


def test_page_edits_and_goes_through_versions(talk: Conversation, browser: Client) -> None:
    question = message_saying(talk, "two")
    edited = browser.post(reverse("chat:edit", args=[talk.pk, question.pk]), {"message": "zwei"})
    assert edited.status_code == 302
    with transaction.atomic():
        answer_to = Conversation.objects.get(pk=talk.pk).thread.get(position=4)
        assert answer_to.state == State.QUEUED
    page = browser.get(talk.get_absolute_url()).text
    assert "zwei" in page
    assert ">two<" not in page
    assert "2 of 2" in page


def test_question_is_edited_on_a_page_where_there_is_no_javascript(talk: Conversation, browser: Client) -> None:
    question = talk.thread.in_order()[0]
    address = reverse("chat:edit", args=[talk.pk, question.pk])
    assert f'href="{address}"' in browser.get(talk.get_absolute_url()).text
    assert f">\n{question.text}</textarea>" in browser.get(address).text
    assert browser.post(address, {"message": "in other words"})["Location"] == talk.get_absolute_url()
    assert shown(talk)[0] == "in other words"


def test_stranger_gets_404(talk: Conversation, bob: User, signed_in: SignedIn) -> None:
    question = message_saying(talk, "two")
    stranger = signed_in(bob)
    for url in (
        reverse("chat:edit", args=[talk.pk, question.pk]),
        reverse("chat:version", args=[talk.pk, question.pk, 1]),
    ):
        assert stranger.post(url, {"message": "mine"}).status_code == 404
    assert shown(talk) == ["one", "first", "two", "second"]


def test_message_of_another_conversation_is_not_found(talk: Conversation, alice: User, browser: Client) -> None:
    other = start_conversation(owner=alice, text="other")
    url = reverse("chat:edit", args=[talk.pk, other.question.pk])
    assert browser.post(url, {"message": "mixed"}).status_code == 404
