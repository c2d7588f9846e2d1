"""Titles, pins, the archive, and deleting with a way back."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from apps.accounts.models import User
from apps.chat.errors import ConversationGone, EmptyTitle
from apps.chat.models import Conversation, Message
from apps.chat.services.delete import delete_conversation, purge_deleted, restore_conversation
from apps.chat.services.messages.continue_reply import continue_reply
from apps.chat.services.messages.send import send_message, start_conversation
from apps.chat.services.messages.versions import answer_again, edit_question, show_version
from apps.chat.services.organize import archive_conversation, pin_conversation, rename_conversation
from apps.generation.models import Generation, State
from tests.chat.exchanges import answered_conversation, answered_message, failed_exchange


def listed(user: User) -> list[Conversation]:
    return list(Conversation.objects.visible_to(user).listed())


@pytest.mark.parametrize(
    ("typed", "title"),
    [("Sorting", "Sorting"), ("  two\nlines\t ", "two lines"), ("x" * 200, "x" * 120), ("<b>", "<b>")],
)
def test_a_title_is_one_line(conversation: Conversation, typed: str, title: str) -> None:
    rename_conversation(conversation=conversation, title=typed)
    assert Conversation.objects.get().title == title


def test_a_title_is_not_empty(conversation: Conversation) -> None:
    with pytest.raises(EmptyTitle):
        rename_conversation(conversation=conversation, title=" \n")
    assert Conversation.objects.get().title == "About sorting"


def test_renamed_title_stays_when_more_is_asked(alice: User) -> None:
    conversation = answered_conversation(alice, "one", "first")
    rename_conversation(conversation=conversation, title="Mine")
    answered_message(conversation, "two", "second")
    assert Conversation.objects.get().title == "Mine"


def test_what_is_archived_leaves_the_list_until_more_is_asked(alice: User) -> None:
    conversation = answered_conversation(alice, "one", "first")
    pin_conversation(conversation=conversation, pinned=True)
    archive_conversation(conversation=conversation, archived=True)
    assert listed(alice) == []
    assert conversation.pinned_at is not None
    assert Conversation.objects.visible_to(alice).get() == conversation
    answered_message(conversation, "two", "second")
    assert listed(alice) == [conversation]


def test_pinning_takes_it_out_of_the_archive(alice: User, conversation: Conversation) -> None:
    archive_conversation(conversation=conversation, archived=True)
    pin_conversation(conversation=conversation, pinned=True)
    assert listed(alice) == [conversation]
    pin_conversation(conversation=conversation, pinned=False)
    assert (conversation.pinned_at, conversation.archived_at) == (None, None)


def test_deleting_stops_the_reply_and_can_be_undone(
    alice: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    exchange = start_conversation(owner=alice, text="one")
    with django_capture_on_commit_callbacks(execute=True):
        delete_conversation(conversation=exchange.conversation)
    assert not Conversation.objects.visible_to(alice).exists()
    assert Generation.objects.get().state == State.CANCELLED
    restore_conversation(conversation=exchange.conversation)
    assert Conversation.objects.visible_to(alice).get() == exchange.conversation
    assert Message.objects.count() == 2


@pytest.mark.parametrize("write", ["send", "continue", "retry", "edit", "show"])
def test_nothing_is_written_into_what_was_deleted_a_moment_ago(alice: User, write: str) -> None:
    failed = failed_exchange(alice)
    writes: dict[str, Callable[[], object]] = {
        "send": lambda: send_message(conversation=failed.conversation, text="two"),
        "continue": lambda: continue_reply(reply=failed.reply),
        "retry": lambda: answer_again(reply=failed.reply),
        "edit": lambda: edit_question(question=failed.question, text="eins"),
        "show": lambda: show_version(message=failed.reply),
    }
    delete_conversation(conversation=failed.conversation)
    with pytest.raises(ConversationGone):
        writes[write]()
    restore_conversation(conversation=failed.conversation)
    writes[write]()


def test_what_was_deleted_long_ago_is_forgotten_with_its_texts(alice: User) -> None:
    old = answered_conversation(alice, "one", "first")
    answered_message(old, "two", "second")
    recent, kept = (answered_conversation(alice, text, "first") for text in ("three", "four"))
    for conversation in (old, recent):
        delete_conversation(conversation=conversation)
    long_ago = timezone.now() - timedelta(hours=settings.CHAT_DELETED_HOURS, minutes=1)
    Conversation.objects.filter(pk=old.pk).update(deleted_at=long_ago)
    assert purge_deleted() == 1
    assert set(Conversation.objects.all()) == {recent, kept}
    assert (Message.objects.count(), Generation.objects.count()) == (4, 2)
    assert purge_deleted() == 0
