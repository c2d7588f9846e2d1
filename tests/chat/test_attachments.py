"""Files that go with questions: they wait in a draft, are sent once, stay with their question and go with it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from pytest_django import Settings

from apps.accounts.models import User
from apps.chat.errors import FileGone, FileTooLarge, TooManyFiles
from apps.chat.models import Attachment, Conversation, Message
from apps.chat.services.delete import delete_conversation, purge_deleted
from apps.chat.services.messages.attach import attach_file
from apps.chat.services.messages.exchange import Exchange
from apps.chat.services.messages.send import send_message, start_conversation
from apps.chat.services.messages.versions import answer_again, edit_question
from apps.chat.tasks import purge
from tests.chat.exchanges import answer, answered_conversation, generation_of

HTMX = {"HX-Request": "true"}
HOME = "/chat/"
ATTACH = "/chat/attachments/"


def upload(name: str = "a.py", content: bytes = b"x = 1\n") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def waiting(owner: User, conversation: Conversation | None = None, name: str = "a.py") -> Attachment:
    return attach_file(owner=owner, conversation=conversation, name=name, content=b"x = 1\n")


def last_prompt(message: Message) -> str:
    assert message.generation is not None
    return str(message.generation.messages[-1]["content"])


def names(message: Message) -> list[str]:
    return [file.name for file in message.attachments.all()]


def test_file_waits_in_its_draft_and_goes_with_the_question(browser: Client, alice: User) -> None:
    answered = browser.post(ATTACH, {"files": upload()}, headers=HTMX)
    file = Attachment.objects.get()
    assert (answered.status_code, file.message, file.owner, file.lines, file.size) == (200, None, alice, 1, 6)
    for shown in (answered.text, browser.get(HOME).text):
        assert f'name="attachments" value="{file.pk}"' in shown
    browser.post(HOME, {"message": "Explain.", "attachments": [str(file.pk)]})
    conversation = Conversation.objects.get()
    question, reply = conversation.thread.in_order()
    assert names(question) == ["a.py"]
    assert last_prompt(reply) == "`a.py`:\n\n```python\nx = 1\n```\n\nExplain."
    assert 'name="attachments"' not in browser.get(HOME).text
    page = browser.get(conversation.get_absolute_url()).text
    assert f'href="/chat/attachments/{file.pk}/"' in page
    assert "6\xa0bytes, 1 line" in page
    assert 'name="attachments"' not in page


def test_file_is_sent_with_its_question_without_javascript(browser: Client) -> None:
    sent = {"message": "Explain.", "key": str(uuid4())}
    browser.post(HOME, {**sent, "files": [upload(), upload("b.txt", b"two")]})
    browser.post(HOME, {**sent, "files": [upload(), upload("b.txt", b"two")]})  # a double click
    question, _ = Conversation.objects.get().thread.in_order()
    assert names(question) == ["a.py", "b.txt"]
    assert Attachment.objects.count() == 2


def test_draft_survives_a_refused_question(browser: Client, alice: User) -> None:
    conversation = start_conversation(owner=alice, text="one").conversation
    refused = browser.post(conversation.get_absolute_url(), {"message": "two", "files": upload()})
    file = Attachment.objects.get()
    assert refused.status_code == 409
    assert f'name="attachments" value="{file.pk}"' in refused.text
    assert "two</textarea>" in refused.text
    assert (file.message, file.conversation) == (None, conversation)
    empty = browser.post(HOME, {"message": " ", "files": upload()})
    assert empty.status_code == 422
    assert 'name="attachments"' in empty.text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_refused_file_is_named_and_the_question_not_sent(browser: Client, headers: dict[str, str]) -> None:
    refused = browser.post(HOME, {"message": "Look.", "files": upload("cat.png", b"\x89PNG\0")}, headers=headers)
    assert refused.status_code == 422
    assert "cat.png is not a text file" in refused.text
    assert not Conversation.objects.exists()
    assert headers or "Look.</textarea>" in refused.text


def test_each_file_of_several_is_judged_by_itself(browser: Client) -> None:
    files = [upload(), upload("cat.png", b"\0"), upload("b.py")]
    answered = browser.post(ATTACH, {"files": files}, headers=HTMX)
    assert answered.status_code == 422
    assert [file.name for file in Attachment.objects.all()] == ["a.py", "b.py"]
    assert "cat.png is not a text file" in answered.text


def test_too_large_and_too_many_are_refused(browser: Client, alice: User, settings: Settings) -> None:
    settings.CHAT_ATTACHMENT_BYTES, settings.CHAT_ATTACHMENTS_BYTES, settings.CHAT_ATTACHMENTS = 10, 15, 3
    large = browser.post(ATTACH, {"files": upload("a.log", b"x" * 11)}, headers=HTMX)
    assert (large.status_code, Attachment.objects.count()) == (413, 0)
    assert "a.log has 11\xa0bytes; a file may have 10\xa0bytes." in large.text
    browser.post(ATTACH, {"files": upload("b.log", b"x" * 10)}, headers=HTMX)
    together = browser.post(ATTACH, {"files": upload("c.log", b"x" * 6)}, headers=HTMX)
    assert together.status_code == 413
    assert "With c.log the files of this question would have 16\xa0bytes together" in together.text
    for name in ("d", "e"):
        assert browser.post(ATTACH, {"files": upload(name, b"x")}, headers=HTMX).status_code == 200
    many = browser.post(ATTACH, {"files": upload("f", b"x")}, headers=HTMX)
    assert (many.status_code, Attachment.objects.count()) == (422, 3)
    assert "At most 3 files go with one question." in many.text


def test_limits_hold_for_what_is_sent_from_several_drafts(alice: User, settings: Settings) -> None:
    settings.CHAT_ATTACHMENTS = 1
    conversation = answered_conversation(alice, "one", "first")
    files = [waiting(alice).pk, waiting(alice, conversation).pk]
    with pytest.raises(TooManyFiles):
        start_conversation(owner=alice, text="two", files=files)
    settings.CHAT_ATTACHMENTS, settings.CHAT_ATTACHMENTS_BYTES = 2, 11
    with pytest.raises(FileTooLarge):
        send_message(conversation=conversation, text="two", files=files)
    assert Attachment.objects.waiting().count() == 2
    settings.CHAT_ATTACHMENTS_BYTES = 12
    send_message(conversation=conversation, text="two", files=files)
    assert not Attachment.objects.waiting().exists()


def test_file_goes_with_one_question_only(alice: User) -> None:
    file = waiting(alice)
    start_conversation(owner=alice, text="one", files=[file.pk])
    with pytest.raises(FileGone):
        start_conversation(owner=alice, text="two", files=[file.pk])
    assert not Conversation.objects.filter(title="two").exists()


def test_question_sent_twice_with_its_key_takes_its_files_once(alice: User) -> None:
    key, file = uuid4(), waiting(alice)
    first = start_conversation(owner=alice, text="one", files=[file.pk], idempotency_key=key)
    assert start_conversation(owner=alice, text="one", files=[file.pk], idempotency_key=key) == first
    assert names(first.question) == ["a.py"]


def test_file_of_another_person_cannot_be_sent(alice: User, bob: User) -> None:
    with pytest.raises(FileGone):
        start_conversation(owner=bob, text="Mine?", files=[waiting(alice).pk])


def test_file_is_removed_from_its_draft_but_not_from_a_question(browser: Client, alice: User) -> None:
    waits, sent = waiting(alice), waiting(alice, name="b.py")
    exchange = start_conversation(owner=alice, text="one", files=[sent.pk])
    answered = browser.post(reverse("chat:remove_attachment", args=[waits.pk]), headers=HTMX)
    assert str(waits.pk) not in answered.text
    browser.post(reverse("chat:remove_attachment", args=[sent.pk]))
    assert names(exchange.question) == ["b.py"]
    assert Attachment.objects.count() == 1


def test_text_is_kept_when_a_file_is_removed_without_javascript(browser: Client, alice: User) -> None:
    conversation = answered_conversation(alice, "one", "first")
    file = waiting(alice, conversation)
    led_to = browser.post(reverse("chat:remove_attachment", args=[file.pk]), {"message": "half a <q>"}, follow=True)
    assert "half a &lt;q&gt;</textarea>" in led_to.text
    assert not Attachment.objects.exists()


def test_hostile_file_is_shown_and_downloaded_as_text(browser: Client, alice: User) -> None:
    hostile = "<script>alert(1)</script>\n"
    name = '"><img src=x onerror=alert(1)>.html'
    file = attach_file(owner=alice, conversation=None, name=name, content=hostile.encode())
    exchange = start_conversation(owner=alice, text="one", files=[file.pk])
    address = file.get_absolute_url()
    for page in (
        browser.get(address).text,
        browser.get(address, headers=HTMX).text,
        browser.get(exchange.conversation.get_absolute_url()).text,
    ):
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert escape(name) in page
    download = browser.get(reverse("chat:attachment_text", args=[file.pk]))
    assert download.content.decode() == hostile
    assert download["Content-Type"] == "text/plain; charset=utf-8"
    assert download["X-Content-Type-Options"] == "nosniff"
    assert download["Content-Disposition"].startswith("attachment; ")
    assert "no-store" in download["Cache-Control"]


def test_edited_question_keeps_its_files_or_those_that_are_ticked(browser: Client, alice: User) -> None:
    files = [waiting(alice), waiting(alice, name="b.py")]
    exchange = answer(start_conversation(owner=alice, text="one", files=[file.pk for file in files]), "first")
    edit = reverse("chat:edit", args=[exchange.conversation.pk, exchange.question.pk])
    with transaction.atomic():
        browser.post(edit, {"message": "eins", "chooses_files": "on", "keep": [str(files[1].pk)]})
        edited = exchange.conversation.messages.get(question="eins")
        assert names(edited) == ["b.py"]
        answer(Exchange(exchange.conversation, edited, edited.children.get()), "erste")
    with transaction.atomic():
        both = edit_question(question=exchange.question, text="uno")
        assert names(both.question) == ["a.py", "b.py"]
        assert last_prompt(both.reply).count("x = 1") == 2
        answer(both, "primo")
    none = edit_question(question=exchange.question, text="un", keep=[])
    assert names(none.question) == []
    assert names(exchange.question) == ["a.py", "b.py"]


def test_retried_reply_gets_the_files(alice: User) -> None:
    exchange = answer(start_conversation(owner=alice, text="one", files=[waiting(alice).pk]), "first")
    again = answer_again(reply=exchange.reply)
    assert "x = 1" in last_prompt(again.reply)
    assert generation_of(again) != generation_of(exchange)


def test_files_go_with_their_conversation(alice: User, browser: Client, settings: Settings) -> None:
    settings.CHAT_DELETED_HOURS = 0
    exchange = start_conversation(owner=alice, text="one", files=[waiting(alice).pk])
    file = Attachment.objects.get()
    waits = waiting(alice, exchange.conversation)
    delete_conversation(conversation=exchange.conversation)
    for gone in (file, waits):
        assert browser.get(gone.get_absolute_url()).status_code == 404
    purge_deleted()
    assert not Attachment.objects.exists()


def test_what_nobody_sends_is_forgotten_after_a_while(alice: User, settings: Settings) -> None:
    settings.CHAT_ATTACHMENT_HOURS = 24
    old, new, sent = waiting(alice), waiting(alice), waiting(alice)
    start_conversation(owner=alice, text="one", files=[sent.pk])
    Attachment.objects.exclude(pk=new.pk).update(created_at=timezone.now() - timedelta(hours=25))
    purge()
    assert set(Attachment.objects.all()) == {new, sent}
    assert old not in Attachment.objects.all()


def test_transcript_is_read_without_the_texts_of_files(browser: Client, alice: User) -> None:
    exchange = answer(start_conversation(owner=alice, text="one", files=[waiting(alice).pk]), "first")
    waiting(alice, exchange.conversation)
    with CaptureQueriesContext(connection) as captured:
        browser.get(exchange.conversation.get_absolute_url())
    read = [query["sql"] for query in captured if query["sql"].startswith('SELECT "chat_attachment"')]
    assert len(read) == 2
    assert not [sql for sql in read if '"chat_attachment"."text"' in sql]
