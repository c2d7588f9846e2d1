"""Exports of ChatGPT and Open WebUI become conversations; bad ones are refused in words."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.accounts.models import User
from apps.chat.errors import NotImportable
from apps.chat.models import Conversation, Message
from apps.chat.services.import_conversation import import_conversations
from apps.chat.transfer.read import MOST_CONVERSATIONS, read_conversations
from tests.conftest import SignedIn

AT = 1706745600.5


def gpt(parent: str | None, role: str, *parts: Any, **message: Any) -> dict[str, Any]:
    """A node of ChatGPT's export."""
    content = {"content_type": "text", "parts": list(parts)}
    return {
        "id": "",
        "parent": parent,
        "children": [],
        "message": {"author": {"role": role}, "content": content} | message,
    }


def chatgpt(**changes: Any) -> dict[str, Any]:
    """A conversation of ChatGPT's export: an edited question, a tool's message, an image, two replies in a row."""
    mapping = {
        "root": {"id": "root", "parent": None, "children": ["system"], "message": None},
        "system": gpt("root", "system", "", weight=0),
        "first": gpt("system", "user", "How do I sort?", create_time=AT),
        "wrong": gpt("first", "assistant", "You cannot.", create_time=AT + 1),
        "edited": gpt("system", "user", "How do I sort a list?", {"asset_pointer": "file-service://1"}),
        "call": gpt("edited", "assistant", "print(sorted([2, 1]))", recipient="python"),
        "tool": gpt("call", "tool", "[1, 2]"),
        "right": gpt("tool", "assistant", "Like this:"),
        "more": gpt("right", "assistant", "`sorted(numbers)`"),
    }
    mapping["edited"]["message"]["content"]["content_type"] = "multimodal_text"
    conversation = {"title": "Sorting", "create_time": AT, "current_node": "more", "mapping": mapping}
    return {**conversation, "moderation_results": [], **changes}


def webui(**changes: Any) -> dict[str, Any]:
    """A chat of Open WebUI's export: two models replied to one question."""
    messages = {
        "q": {
            "id": "q",
            "parentId": None,
            "childrenIds": ["a", "b"],
            "role": "user",
            "content": "Why?",
            "timestamp": 1706745600,
        },
        "a": {"id": "a", "parentId": "q", "childrenIds": [], "role": "assistant", "content": "So.", "model": "llama"},
        "b": {
            "id": "b",
            "parentId": "q",
            "role": "assistant",
            "content": "Thus.",
            "annotation": {"rating": -1, "tags": []},
        },
    }
    chat = {
        "title": "Reasons",
        "models": ["llama"],
        "history": {"messages": messages, "currentId": "a"},
        "messages": [],
    }
    return {"id": "1", "user_id": "2", "title": "Reasons", "chat": chat, "created_at": 1706745600, **changes}


def as_file(value: Any) -> bytes:
    return json.dumps(value).encode()


def imported(owner: User, value: Any) -> list[Conversation]:
    return import_conversations(owner=owner, files=read_conversations(as_file(value)))


def refusal(content: bytes) -> str:
    with pytest.raises(NotImportable) as refused:
        read_conversations(content)
    return refused.value.sentence


@pytest.mark.django_db
def test_chatgpt_comes_with_its_versions(alice: User) -> None:
    (talk,) = imported(alice, [chatgpt()])
    assert (talk.title, talk.owner, talk.created_at.timestamp()) == ("Sorting", alice, AT)
    assert [message.text for message in talk.thread.in_order()] == [
        "How do I sort a list?\n\n[an image or file that is not imported]",
        "Like this:\n\n`sorted(numbers)`",
    ]
    asked = talk.messages.filter(position=1).order_by("version")
    assert [message.question.partition("\n")[0] for message in asked] == ["How do I sort?", "How do I sort a list?"]
    assert talk.messages.get(parent=asked[0]).text == "You cannot."


@pytest.mark.django_db
def test_open_webui_comes_with_its_replies_and_ratings(alice: User) -> None:
    for given in (webui(), [webui()]):
        (talk,) = imported(alice, given)
        assert [message.text for message in talk.thread.in_order()] == ["Why?", "So."]
        other = talk.messages.get(version=2)
        assert (other.text, other.rating) == ("Thus.", "bad")


@pytest.mark.django_db
def test_all_conversations_of_a_file_are_imported_or_none(alice: User, signed_in: SignedIn) -> None:
    browser = signed_in(alice)
    circle = chatgpt(title="Circle", mapping={"a": gpt("b", "user", "x"), "b": gpt("a", "assistant", "y")})
    for given, number in (([chatgpt(), circle], 0), ([chatgpt(), chatgpt(title="Again")], 2)):
        file = SimpleUploadedFile("conversations.json", as_file(given))
        answered = browser.post("/chat/import/", {"file": file}, follow=True)
        assert Conversation.objects.count() == number
        sentence = "2 conversations were imported." if number else "“Circle” cannot be imported"
        assert sentence in answered.text


@pytest.mark.django_db
def test_what_asks_nothing_is_left_out(alice: User) -> None:
    empty = chatgpt(title="Empty", mapping={"a": gpt(None, "assistant", "Hello!")})
    (talk,) = imported(alice, [empty, chatgpt()])
    assert talk.title == "Sorting"
    assert refusal(as_file([empty])) == "There is no conversation with a question in the file."
    greeted = chatgpt(mapping={"a": gpt(None, "assistant", "Hello!"), "b": gpt("a", "user", "Hi")}, current_node="b")
    (talk,) = imported(alice, [greeted])
    assert [message.text for message in talk.thread] == ["Hi"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes", [{"title": None}, {"create_time": -1e300}, {"create_time": 1e300}, {"current_node": "?"}]
)
def test_odd_fields_do_no_harm(alice: User, changes: dict[str, Any]) -> None:
    (talk,) = imported(alice, [chatgpt(**changes)])
    assert talk.title
    assert talk.thread.exists()


@pytest.mark.django_db
def test_hostile_texts_are_stored_as_texts(alice: User) -> None:
    hostile = chatgpt(title="a\0b\nc" * 100, mapping={"a": gpt(None, "user", "<script>\0alert(1)</script>")})
    (talk,) = imported(alice, [hostile])
    assert len(talk.title) <= 120
    assert Message.objects.get().question == "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK\x03\x04 and so on", "This is a ZIP archive. Unpack it, and choose the file conversations.json in it."),
        (b"<html>", "The file is not JSON."),
        (b'{"mapping": ' + b"[" * 100_000, "The file is not JSON."),
        (
            as_file([{"mapping": 3}]),
            "This is not an export of ChatGPT. At [0].mapping: Expected `object`, got `int`.",
        ),
        (
            as_file([{"chat": {}}]),
            "This is not an export of Open WebUI. At [0].chat: Object missing required field `history`.",
        ),
    ],
)
def test_bad_file_is_refused_in_words(content: bytes, sentence: str) -> None:
    assert refusal(content) == sentence


def test_sizes_are_limited() -> None:
    too_many = [chatgpt(mapping={}) for _ in range(MOST_CONVERSATIONS + 1)]
    assert "at most 2,000 can be imported at once" in refusal(as_file(too_many))
    chain = {str(n): gpt(str(n - 1), "user" if n % 2 else "assistant", "x") for n in range(1, 6_000)}
    assert refusal(as_file([chatgpt(mapping=chain)])) == "“Sorting”: It has more than 5,000 messages."
    long = chatgpt(mapping={"a": gpt(None, "user", "x" * 100_001)})
    assert "a question has at most 100,000 characters" in refusal(as_file([long]))
    reply = chatgpt(mapping={"a": gpt(None, "user", "x"), "b": gpt("a", "assistant", "x" * 1_000_001)})
    assert "more than 1,000,000 characters" in refusal(as_file([reply]))
    same = {str(n): gpt(str(n - 1), "user", "x") for n in range(1, 30_000)}
    (file,) = read_conversations(as_file([chatgpt(mapping=same)]))  # joined in linear time
    assert len(file.messages) == 1
