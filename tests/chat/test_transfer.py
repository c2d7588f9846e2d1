"""Conversations as files: what is exported comes back the same, and no file does harm."""

import json
import re
from codecs import BOM_UTF8
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from apps.accounts.models import User
from apps.chat.errors import NotImportable
from apps.chat.models import Conversation, Message, Rating
from apps.chat.services.import_conversation import import_conversation
from apps.chat.services.messages.attach import attach_file
from apps.chat.services.messages.rate import rate_reply
from apps.chat.services.messages.send import send_message, start_conversation
from apps.chat.services.messages.versions import answer_again, edit_question, show_version
from apps.chat.transfer.export import as_json, as_markdown
from apps.chat.transfer.format import read_file
from apps.generation.models import Generation, State
from tests.chat.exchanges import answer, answered_conversation, answered_message, failed_exchange

IMPORT = "/chat/import/"
FILE = {"name": "a.py", "text": "x = 1\n"}
PASSAGE = {"title": "RoPE", "url": "/guide/glossary/#rope"}
DOCUMENTED = Path("docs/conversation-format.md").read_text()


def conversation_with_versions(owner: User) -> Conversation:
    conversation = answered_conversation(owner, "one", "```python\nx = '\u2028🦙'")
    file = attach_file(owner=owner, conversation=conversation, name="a.py", content="x = 'ü'\r\n".encode())
    with transaction.atomic():
        answer(send_message(conversation=conversation, text="two", files=[file.pk]), "second")
    first, reply, *_ = conversation.thread.in_order()
    answer(answer_again(reply=reply), "first, again")
    answer(edit_question(question=first, text="eins"), "erste", state=State.FAILED, error="The server is gone.")
    show_version(message=reply)
    rate_reply(reply=reply, rating=Rating.BAD, comment="Too short.\nAnd late.")
    conversation.refresh_from_db()
    return conversation


def example(**changes: Any) -> dict[str, Any]:
    """A right file with some fields changed; ``messages__1__text`` is a field of the second message."""
    found = re.search(r"```json\n(.*?)```", DOCUMENTED, re.DOTALL)
    assert found is not None
    file: dict[str, Any] = json.loads(found[1])
    for path, value in changes.items():
        *way, last = [int(step) if step.isdigit() else step for step in path.split("__")]
        place: Any = file
        for step in way:
            place = place[step]
        place[last] = value
    return file


def refusal(content: bytes) -> str:
    with pytest.raises(NotImportable) as refused:
        read_file(content)
    return refused.value.sentence


def test_what_comes_back_is_the_same(alice: User, bob: User) -> None:
    exported = as_json(conversation_with_versions(alice))
    imported = import_conversation(owner=bob, file=read_file(exported))
    assert json.loads(as_json(imported)) == json.loads(exported)
    assert len(json.loads(exported)["messages"]) == 7
    assert imported.messages.get(question="two").attachments.get().text == "x = 'ü'\n"
    assert list(imported.messages.exclude(rating="").values_list("rating", "comment")) == [
        ("bad", "Too short.\nAnd late.")
    ]
    assert imported.owner == bob
    assert not Generation.objects.active().exists()
    theirs, ours = (list(item.thread.in_order()) for item in Conversation.objects.order_by("owner"))
    assert [(item.text, item.version, item.versions, item.state) for item in theirs] == [
        (item.text, item.version, item.versions, item.state) for item in ours
    ]


def test_imported_conversation_goes_on(alice: User) -> None:
    imported = import_conversation(owner=alice, file=read_file(json.dumps(example()).encode()))
    answered_message(imported, "And then?", "Then nothing.")
    assert [message.text for message in imported.thread.in_order()] == [
        "How do I read it lazily?",
        "With a generator.",
        "And then?",
        "Then nothing.",
    ]
    assert imported.messages.get(question="How do I read it lazily?").version == 2


def test_what_is_still_being_written_is_exported_as_stopped(alice: User) -> None:
    exchange = start_conversation(owner=alice, text="one")
    reply = json.loads(as_json(exchange.conversation))["messages"][1]
    assert (reply["state"], reply["text"]) == ("cancelled", "")
    assert Generation.objects.get().state == State.QUEUED


def test_ids_of_imported_replies_are_of_their_time(alice: User) -> None:
    file = read_file(json.dumps(example()).encode())
    import_conversation(owner=alice, file=file)
    recent = failed_exchange(alice).reply.generation
    assert Generation.objects.order_by("-id").first() == recent


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format": "other"}, "In format: invalid enum value 'other'."),
        ({"version": 2}, "In version: invalid enum value 2."),
        ({"title": ""}, "In title: expected `str` of length >= 1."),
        ({"title": "x" * 121}, "In title: expected `str` of length <= 120."),
        ({"title": " "}, "In title: there must be a word, and no null character."),
        ({"mode": "admin"}, "In mode: invalid enum value 'admin'."),
        ({"current": 9}, "In current: there is no message 9."),
        ({"messages": []}, "In messages: expected `array` of length >= 1."),
        ({"messages": example()["messages"][:1] * 5001}, "In messages: expected `array` of length <= 5000."),
        ({"messages__0": 5}, "In messages[0]: expected `object`, got `int`."),
        ({"messages__1__id": 1}, "In messages[1].id: 1 is another message's already."),
        ({"messages__1__id": "2"}, "In messages[1].id: expected `int`, got `str`."),
        ({"messages__1__id": 2**70}, "In messages[1].id: expected `int` <= 1000000000."),
        ({"messages__1__parent": 4}, "In messages[1].parent: no message 4 stands before this one."),
        ({"messages__1__parent": 2}, "In messages[1].parent: no message 2 stands before this one."),
        ({"messages__1__parent": None}, "In messages[1].parent: a conversation begins with a question."),
        ({"messages__2__parent": 1}, "In messages[2].parent: questions and replies take turns."),
        ({"messages__0__role": "system"}, "In messages[0].role: invalid enum value 'system'."),
        ({"messages__0__text": " "}, "In messages[0].text: a question cannot be empty."),
        ({"messages__0__text": "x" * 100_001}, "In messages[0].text: a question has at most 100,000 characters."),
        ({"messages__1__text": "x" * 1_000_001}, "In messages[1].text: expected `str` of length <= 1000000."),
        ({"messages__1__attachments": [FILE]}, "In messages[1].attachments: only questions have files."),
        ({"messages__1__comment": "Why?"}, "In messages[1].comment: a comment goes with a rating."),
        ({"messages__3__comment": "x" * 501}, "In messages[3].comment: expected `str` of length <= 500."),
        ({"messages__3__comment": "a\0b"}, "In messages[3]: null characters cannot be stored."),
        ({"messages__0__attachments": [FILE] * 11}, "In messages[0].attachments: a question has at most 10 files."),
        (
            {"messages__0__attachments": [FILE | {"text": "a\0"}]},
            "In messages[0].attachments[0]: null characters cannot be stored.",
        ),
        (
            {"messages__0__attachments": [FILE | {"text": "ü" * 131_073}]},
            "In messages[0].attachments[0].text: a file has at most 262,144 bytes.",
        ),
        (
            {"messages__0__attachments": [FILE | {"text": "x" * 262_144}] * 3},
            "In messages[0].attachments: the files of a question have at most 524,288 bytes together.",
        ),
        (
            {"messages__0__attachments": [{"name": "a.py"}]},
            "In messages[0].attachments[0]: object missing required field `text`.",
        ),
        (
            {"messages__1__passages": [PASSAGE | {"url": "javascript:alert(1)"}]},
            "In messages[1].passages[0].url: expected `str` matching regex '^/guide/[^\\\\\\\\]*$'.",
        ),
        ({"messages__1__passages": [PASSAGE | {"title": "a\0"}]}, "In messages[1]: null characters cannot be stored."),
        ({"messages__1__text": "a\0"}, "In messages[1]: null characters cannot be stored."),
        ({"messages__1__error": "a\0"}, "In messages[1]: null characters cannot be stored."),
        ({"messages__1__state": "running"}, "In messages[1].state: invalid enum value 'running'."),
        ({"messages__1__state": "queued"}, "In messages[1].state: invalid enum value 'queued'."),
        ({"messages__1__prompt_tokens": -1}, "In messages[1].prompt_tokens: expected `int` >= 0."),
        ({"messages__1__prompt_tokens": 1.5}, "In messages[1].prompt_tokens: expected `int | null`, got `float`."),
        ({"messages__0__created_at": "yesterday"}, "In messages[0].created_at: invalid RFC3339 encoded datetime."),
        (
            {"messages__0__created_at": "2026-11-20T09:15:00"},
            "In messages[0].created_at: expected `datetime` with a timezone component.",
        ),
        (
            {"messages__0__created_at": "0001-01-01T00:00:00+14:00"},
            "In messages[0].created_at: the time is before 1990 or in the future.",
        ),
        (
            {"messages__1__ended_at": "9999-12-31T23:59:59-14:00"},
            "In messages[1].ended_at: the time is before 1990 or in the future.",
        ),
    ],
)
def test_wrong_file_is_refused_with_its_place(changes: dict[str, Any], sentence: str) -> None:
    assert read_file(json.dumps(example()).encode())
    assert refusal(json.dumps(example(**changes)).encode()) == f"The file cannot be imported. {sentence}"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"PK\x03\x04",
        b"\xff\xfe{\x00}\x00",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"title": "\\ud800"}',
        b"null",
        b"[]",
        b"1e999",
    ],
)
def test_what_is_no_conversation_at_all_is_refused(content: bytes) -> None:
    assert refusal(content).startswith("The file ")


@given(content=st.binary(max_size=200) | st.from_regex(r"\{[^\0]{0,40}\}").map(str.encode))
def test_no_file_crashes_it(content: bytes) -> None:
    assert refusal(content).startswith("The file ")


def test_names_of_imported_files_are_made_harmless(alice: User) -> None:
    given = example(messages__2__attachments=[{"name": "../a\u202e\n.py", "text": "a\r\nb"}])
    imported = import_conversation(owner=alice, file=read_file(json.dumps(given).encode()))
    file = imported.attachments.get()
    assert (file.name, file.text, file.owner, file.lines) == ("a .py", "a\nb", alice, 2)


def test_deep_conversation_is_taken(alice: User) -> None:
    now = datetime.now(UTC).isoformat()
    roles = ("user", "assistant")
    messages = [
        {"id": n, "parent": n - 1 or None, "role": roles[(n + 1) % 2], "created_at": now, "text": "x"}
        for n in range(1, 5001)
    ]
    imported = import_conversation(
        owner=alice, file=read_file(json.dumps(example(messages=messages, current=5000)).encode())
    )
    assert imported.thread.count() == 5000


def test_file_is_downloaded_under_a_harmless_name(browser: Client, alice: User) -> None:
    conversation = answered_conversation(alice, 'A "quoted"\\ title/../é', "Hello")
    for name, ending, kind in (("export_json", "json", "application/json"), ("export_markdown", "md", "text/markdown")):
        answered = browser.get(reverse(f"chat:{name}", args=[conversation.pk]))
        assert answered["Content-Disposition"] == f'attachment; filename="a-quoted-titlee.{ending}"'
        assert answered["Content-Type"].startswith(kind)
        assert answered["X-Content-Type-Options"] == "nosniff"


def test_markdown_is_of_the_thread_shown_with_its_code_closed(alice: User) -> None:
    conversation = answered_conversation(alice, "one", "Look:\n\n````python\nx = 1\n```\ny")
    file = attach_file(owner=alice, conversation=conversation, name="a.py", content=b"x = 1\n")
    with transaction.atomic():
        answer(send_message(conversation=conversation, text="two", files=[file.pk]), "`` ` ``\n\n```\nclosed\n```")
    assert as_markdown(conversation) == (
        "# one\n\n## You\n\none\n\n## Assistant\n\nLook:\n\n````python\nx = 1\n```\ny\n````\n\n"
        "## You\n\ntwo\n\n`a.py`:\n\n```python\nx = 1\n```\n\n## Assistant\n\n`` ` ``\n\n```\nclosed\n```\n"
    )


def upload(browser: Client, content: bytes) -> Any:
    return browser.post(IMPORT, {"file": SimpleUploadedFile("any name.json", content)})


def test_uploaded_file_becomes_a_conversation(browser: Client, alice: User) -> None:
    renamed = example(title="\u202eReading \u2066CSV")
    answered = upload(browser, BOM_UTF8 + json.dumps(renamed).encode())  # as some editors save it
    conversation = Conversation.objects.get(owner=alice)
    assert conversation.title == "Reading CSV"  # nothing turns it round
    assert answered["Location"] == conversation.get_absolute_url()
    assert "With a generator." in browser.get(answered["Location"]).text


def test_refused_file_is_explained_and_leaves_nothing(browser: Client, settings: Settings) -> None:
    settings.CHAT_IMPORT_BYTES = 2_000
    right = json.dumps(example()).encode()
    hostile = {"messages__0__role": "<script>alert(1)</script>"}
    for content, status, sentence in (
        (right + b" " * 2_000, 413, "at most 2.0\xa0KB can be imported"),
        (json.dumps(example(current=9)).encode(), 422, "In current: there is no message 9."),
        (json.dumps(example(**hostile)).encode(), 422, "&lt;script&gt;"),
    ):
        answered = upload(browser, content)
        assert (answered.status_code, sentence in answered.text) == (status, True)
        assert "<script>alert" not in answered.text
    assert "Choose a file first." in browser.post(IMPORT).text
    assert not Message.objects.exists()
    assert not Conversation.objects.exists()


def test_imported_text_is_as_harmless_as_any(browser: Client) -> None:
    hostile = "<img src=x onerror=alert(1)>\n\n[x](javascript:alert(1))"
    changes = {"title": "<script>alert(1)</script>", "messages__2__text": hostile, "messages__3__text": hostile}
    page = browser.get(upload(browser, json.dumps(example(**changes)).encode())["Location"]).text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "<img" not in page.partition('id="transcript"')[2]
    assert 'href="javascript' not in page
