"""Archiving and deleting can be undone, and Undo returns to the page before."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.chat.models import Conversation
from apps.chat.services.organize import pin_conversation
from tests.chat.exchanges import answered_conversation

pytestmark = pytest.mark.django_db

SELECT = "/chat/select/"


@pytest.fixture
def talks(alice: User) -> list[Conversation]:
    return [answered_conversation(alice, title, "done") for title in ("one", "two", "three")]


def on(address: str) -> dict[str, str]:
    """The headers of htmx on a page of this address."""
    return {"HX-Request": "true", "HX-Current-URL": f"http://testserver{address}"}


def address_of(name: str, talk: Conversation) -> str:
    return reverse(f"chat:{name}", args=[talk.pk])


def test_undo_of_a_delete_leads_back_into_the_conversation(browser: Client, talks: list[Conversation]) -> None:
    talk = talks[0]
    deleted = browser.post(address_of("delete", talk), headers=on(talk.get_absolute_url()))
    left_for = deleted["HX-Redirect"]
    assert left_for == f"/chat/?deleted={talk.pk}"
    assert address_of("restore", talk) in browser.get(left_for).text
    restored = browser.post(address_of("restore", talk), headers=on(left_for))
    assert restored["HX-Redirect"] == talk.get_absolute_url()


def test_undo_beside_another_conversation_stays_there(browser: Client, talks: list[Conversation]) -> None:
    deleted = browser.post(address_of("delete", talks[0]), headers=on(talks[1].get_absolute_url()))
    assert "HX-Redirect" not in deleted
    restored = browser.post(address_of("restore", talks[0]), headers=on(talks[1].get_absolute_url()))
    assert "HX-Redirect" not in restored
    assert f'hx-target="#undo-{talks[0].pk}" hx-swap="delete"' in restored.text


def test_undo_of_several_leads_back_to_the_open_one(browser: Client, talks: list[Conversation]) -> None:
    selected = {"do": "delete", "selected": [str(talk.pk) for talk in talks]}
    left_for = browser.post(SELECT, selected, headers=on(talks[1].get_absolute_url()))["HX-Redirect"]
    assert left_for == f"/chat/?deleted={talks[1].pk}"
    restored = browser.post(address_of("restore", talks[1]), {"together": "on"}, headers=on(left_for))
    assert restored["HX-Redirect"] == talks[1].get_absolute_url()
    assert not Conversation.objects.filter(deleted_at__isnull=False).exists()


def test_archiving_can_be_undone_and_keeps_pins(browser: Client, talks: list[Conversation]) -> None:
    pin_conversation(conversation=talks[0], pinned=True)
    archived = browser.post(address_of("archive", talks[0]), headers=on("/chat/"))
    assert "“one” was archived." in archived.text
    assert '<input type="hidden" name="off" value="on">' in archived.text
    talks[0].refresh_from_db()
    assert (talks[0].archived_at is None, talks[0].pinned_at is None) == (False, False)
    undone = browser.post(address_of("archive", talks[0]), {"off": "on"}, headers=on("/chat/"))
    assert f'hx-target="#undo-{talks[0].pk}" hx-swap="delete"' in undone.text
    talks[0].refresh_from_db()
    assert (talks[0].archived_at is None, talks[0].pinned_at is None) == (True, False)


def test_several_that_were_archived_come_back_together(browser: Client, talks: list[Conversation]) -> None:
    browser.post(address_of("archive", talks[2]), headers=on("/chat/"))
    selected = {"do": "archive", "selected": [str(talk.pk) for talk in talks]}
    archived = browser.post(SELECT, selected, headers=on("/chat/"))
    assert "2 conversations were archived." in archived.text
    browser.post(address_of("archive", talks[0]), {"off": "on", "together": "on"}, headers=on("/chat/"))
    still = Conversation.objects.filter(archived_at__isnull=False)
    assert list(still) == [talks[2]], "it was archived before, by itself"
