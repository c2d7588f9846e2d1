"""A submission happens once, and another submission is another message, whatever key comes with it."""

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.accounts.models import User
from apps.chat.models import Conversation, Message, Role
from tests.chat.exchanges import answered_conversation

pytestmark = pytest.mark.django_db

STARTS = ["/chat/", "/chat/ask/", "/chat/?prompt=first"]


def questions() -> list[str]:
    asked = Message.objects.filter(role=Role.USER).order_by("created_at", "pk")
    return list(asked.values_list("question", flat=True))


@pytest.mark.parametrize("start", STARTS)
def test_page_from_the_cache_begins_another_conversation(browser: Client, start: str) -> None:
    """It brings back the key of the message that was sent from it."""
    key = uuid4()
    first = browser.post(start, {"message": "first", "key": key})
    second = browser.post(start, {"message": "second", "key": key})
    assert first["Location"] != second["Location"]
    assert questions() == ["first", "second"]
    assert Conversation.objects.count() == 2


@pytest.mark.parametrize("start", STARTS)
def test_double_click_begins_one(browser: Client, start: str) -> None:
    key = uuid4()
    places = [browser.post(start, {"message": "first", "key": key})["Location"] for _ in range(2)]
    assert places[0] == places[1]
    assert questions() == ["first"]


def test_used_key_with_another_file_is_another_message(browser: Client) -> None:
    key = uuid4()
    for name in ("a.py", "a.py", "b.py"):
        file = SimpleUploadedFile(name, b"x = 1\n")
        assert browser.post("/chat/", {"message": "Why?", "key": key, "files": file}).status_code == 302
    assert questions() == ["Why?", "Why?"]
    assert [file.name for message in Message.objects.order_by("pk") for file in message.attachments.all()] == [
        "a.py",
        "b.py",
    ]


def test_key_of_one_conversation_sends_in_another(browser: Client, alice: User) -> None:
    key = uuid4()
    for talk in [answered_conversation(alice, title, "done") for title in ("one", "two")]:
        assert browser.post(talk.get_absolute_url(), {"message": "Go on", "key": key}).status_code == 302
        assert talk.thread.filter(question="Go on").exists()


def test_edit_with_a_used_key_is_another_edit(browser: Client, alice: User) -> None:
    key = uuid4()
    talk = answered_conversation(alice, "one", "done")
    question = talk.thread.get(role=Role.USER)
    address = f"{talk.get_absolute_url()}{question.pk}/edit/"
    assert browser.post(address, {"message": "two", "key": key}).status_code == 302
    assert browser.post(address, {"message": "two", "key": key}).status_code == 302
    assert questions() == ["one", "two"]
