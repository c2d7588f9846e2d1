"""A temporary chat is listed nowhere, and it is gone a day after its last message, unless it is kept."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.chat.models import Conversation
from apps.chat.search.find import Query, find
from apps.chat.search.palette import choices_for
from apps.chat.services.delete import delete_conversation, purge_deleted, purge_temporary
from apps.chat.services.messages.send import start_conversation
from apps.chat.services.messages.stop import stop_reply
from apps.generation.models import Generation
from tests.chat.exchanges import answered_conversation

pytestmark = pytest.mark.django_db


@pytest.fixture
def secret(alice: User) -> Conversation:
    """A temporary chat whose reply has ended."""
    talk = start_conversation(owner=alice, text="A secret?", is_temporary=True).conversation
    stop_reply(conversation=talk)
    return talk


def test_it_begins_on_a_page_that_says_so(browser: Client) -> None:
    assert "?temporary=on" in browser.get("/chat/").text
    page = browser.get("/chat/?temporary=on").text
    assert "This chat is listed nowhere" in page
    assert '<input type="hidden" name="temporary" value="on">' in page
    refused = browser.post("/chat/", {"message": " ", "temporary": "on"})
    assert '<input type="hidden" name="temporary" value="on">' in refused.text
    begun = browser.post("/chat/", {"message": "A secret?", "temporary": "on"})
    assert Conversation.objects.get().is_temporary
    assert ">Temporary</span>" in browser.get(begun["Location"]).text


def test_it_is_listed_nowhere(browser: Client, alice: User, secret: Conversation) -> None:
    answered_conversation(alice, "No secret?", "No.")
    for address in ("/chat/", "/chat/sidebar/", "/chat/select/", "/chat/search/?q=secret", "/chat/archive/"):
        page = browser.get(address).text
        assert str(secret.pk) not in page
    assert [hit.title for hit in find(alice, Query("secret"))] == ["No <mark>secret</mark>?"] * 2
    listed = [choice.title for group in choices_for(alice, "") for choice in group.choices]
    assert "No secret?" in listed
    assert "A secret?" not in listed
    assert browser.get(secret.get_absolute_url()).status_code == 200


def test_it_is_purged_a_day_after_its_last_message(alice: User, secret: Conversation) -> None:
    normal = answered_conversation(alice, "No secret?", "No.")
    assert purge_temporary() == 0
    long_ago = timezone.now() - timedelta(hours=settings.CHAT_TEMPORARY_HOURS, minutes=1)
    Conversation.objects.update(updated_at=long_ago)
    assert purge_temporary() == 1
    assert Conversation.objects.get() == normal
    assert Generation.objects.count() == 1


def test_it_is_not_purged_while_a_reply_is_being_written(alice: User) -> None:
    talk = start_conversation(owner=alice, text="A secret?", is_temporary=True).conversation
    Conversation.objects.update(updated_at=timezone.now() - timedelta(days=9))
    assert purge_temporary() == 0
    stop_reply(conversation=talk)
    assert purge_temporary() == 1


def test_deleted_it_cannot_be_had_back(browser: Client, secret: Conversation) -> None:
    delete_conversation(conversation=secret)
    assert browser.post(f"{secret.get_absolute_url()}restore/").status_code == 404
    assert "A secret?" not in browser.get("/chat/archive/").text
    assert purge_deleted() == 0
    assert purge_temporary() == 1


def test_it_can_be_kept(browser: Client, secret: Conversation) -> None:
    assert browser.post(f"{secret.get_absolute_url()}keep/").status_code == 302
    assert str(secret.pk) in browser.get("/chat/").text
    Conversation.objects.update(updated_at=timezone.now() - timedelta(days=9))
    assert purge_temporary() == 0
