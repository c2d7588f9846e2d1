"""A message that is queued while a reply is being written is sent once, when the reply is complete."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import uuid4

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.chat.errors import AlreadyQueued, EmptyMessage
from apps.chat.models import Attachment, Conversation, Message, QueuedMessage, Role
from apps.chat.services.delete import delete_conversation
from apps.chat.services.messages.attach import attach_file, purge_waiting
from apps.chat.services.messages.exchange import Exchange
from apps.chat.services.messages.queue import queue_message, remove_queued, send_left_queued, send_queued
from apps.chat.services.messages.send import start_conversation
from apps.chat.services.messages.stop import stop_reply
from apps.generation.models import State
from tests.chat.exchanges import answer
from tests.conftest import SignedIn

pytestmark = pytest.mark.django_db

type Captured = Callable[..., AbstractContextManager[object]]


@pytest.fixture
def exchange(alice: User) -> Exchange:
    """A question of alice's whose reply waits."""
    return start_conversation(owner=alice, text="What is a list?")


def questions() -> list[str]:
    asked = Message.objects.filter(role=Role.USER).order_by("position")
    return list(asked.values_list("question", flat=True))


def queue(exchange: Exchange, text: str = "And a tuple?") -> Exchange | None:
    return queue_message(conversation=exchange.conversation, text=text)


@pytest.mark.parametrize("state", [State.SUCCEEDED, State.CANCELLED])
def test_it_is_sent_when_the_reply_is_complete(
    exchange: Exchange, state: State, django_capture_on_commit_callbacks: Captured
) -> None:
    assert queue(exchange) is None
    assert questions() == ["What is a list?"]
    with django_capture_on_commit_callbacks(execute=True):
        if state == State.CANCELLED:
            stop_reply(conversation=exchange.conversation)
        else:
            answer(exchange, "An ordered collection.")
    assert questions() == ["What is a list?", "And a tuple?"]
    assert not QueuedMessage.objects.exists()
    assert Message.objects.latest("position").state == State.QUEUED


def test_it_waits_for_its_author_after_a_failure(
    exchange: Exchange, browser: Client, django_capture_on_commit_callbacks: Captured
) -> None:
    queue(exchange)
    with django_capture_on_commit_callbacks(execute=True):
        answer(exchange, "", state=State.FAILED, error="The model server is gone.")
    send_left_queued()
    assert questions() == ["What is a list?"]
    browser.post(f"{exchange.conversation.get_absolute_url()}queue/send/")
    assert questions() == ["What is a list?", "And a tuple?"]


def test_one_left_behind_is_sent_later(exchange: Exchange) -> None:
    """The process that ended the reply died before sending it: nothing runs on commit here."""
    queue(exchange)
    send_left_queued()
    assert questions() == ["What is a list?"]  # the reply is being written
    answer(exchange, "An ordered collection.")
    send_left_queued()
    send_left_queued()
    assert questions() == ["What is a list?", "And a tuple?"]


def test_without_a_reply_it_is_sent_at_once(exchange: Exchange) -> None:
    answer(exchange, "An ordered collection.")
    sent = queue(exchange)
    assert sent is not None
    assert questions() == ["What is a list?", "And a tuple?"]


def test_one_is_queued_at_a_time(exchange: Exchange) -> None:
    queue(exchange)
    with pytest.raises(AlreadyQueued):
        queue(exchange, "And a set?")
    with pytest.raises(EmptyMessage):
        queue(exchange, "  ")
    assert remove_queued(conversation=exchange.conversation) == "And a tuple?"
    assert queue(exchange, "And a set?") is None
    assert QueuedMessage.objects.get().text == "And a set?"


def test_double_click_queues_once_and_sends_once(exchange: Exchange, browser: Client) -> None:
    address, key = f"{exchange.conversation.get_absolute_url()}queue/", uuid4()
    for _ in range(2):
        assert browser.post(address, {"message": "And a tuple?", "key": key}).status_code == 302
    answer(exchange, "An ordered collection.")
    send_queued(conversation_id=exchange.conversation.pk)
    assert browser.post(address, {"message": "And a tuple?", "key": key}).status_code == 302
    assert questions() == ["What is a list?", "And a tuple?"]


def test_its_files_wait_with_it_and_go_back_with_it(exchange: Exchange, alice: User) -> None:
    conversation = exchange.conversation
    file = attach_file(owner=alice, conversation=conversation, name="a.py", content=b"x = 1")
    draft = Attachment.objects.in_draft(alice, conversation)
    assert list(draft) == [file]
    queue_message(conversation=conversation, text="Why?", files=[file.pk])
    Attachment.objects.update(created_at="2026-01-01T00:00:00Z")
    purge_waiting()
    assert list(draft.all()) == []
    remove_queued(conversation=conversation)
    assert list(draft.all()) == [file]
    queue_message(conversation=conversation, text="Why?", files=[file.pk])
    answer(exchange, "An ordered collection.")
    send_queued(conversation_id=conversation.pk)
    assert [item.name for item in Message.objects.get(question="Why?").attachments.all()] == ["a.py"]


def test_page_shows_it_until_it_is_removed(exchange: Exchange, browser: Client) -> None:
    page = exchange.conversation.get_absolute_url()
    assert 'aria-label="Queued message"' not in browser.get(page).text
    shown = browser.post(f"{page}queue/", {"message": "And a tuple?"}, headers={"HX-Request": "true"}).text
    assert 'aria-label="Queued message"' in shown
    assert "And a tuple?" in browser.get(page).text
    refused = browser.post(f"{page}queue/", {"message": "And a set?"}, headers={"HX-Request": "true"})
    assert (refused.status_code, AlreadyQueued.sentence in refused.text) == (409, True)
    browser.post(f"{page}queue/remove/")
    assert "And a tuple?" not in browser.get(page).text


def test_deleting_the_conversation_sends_nothing(
    exchange: Exchange, django_capture_on_commit_callbacks: Captured
) -> None:
    queue(exchange)
    with django_capture_on_commit_callbacks(execute=True):
        delete_conversation(conversation=exchange.conversation)
    assert questions() == ["What is a list?"]


@pytest.mark.parametrize("action", ["queue/", "queue/remove/", "queue/send/"])
def test_stranger_gets_404(exchange: Exchange, bob: User, signed_in: SignedIn, action: str) -> None:
    queue(exchange)
    assert (
        signed_in(bob).post(f"{exchange.conversation.get_absolute_url()}{action}", {"message": "x"}).status_code == 404
    )
    assert Conversation.objects.get().queued.text == "And a tuple?"
