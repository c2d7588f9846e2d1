"""Rename, pin, archive, delete and undo, from the menu of a conversation: with htmx and as plain forms."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.chat.models import Conversation
from apps.chat.services.delete import delete_conversation
from apps.chat.services.organize import archive_conversation
from tests.conftest import SignedIn
from tests.support.markup import Markup


def address(name: str, conversation: Conversation) -> str:
    return reverse(f"chat:{name}", args=[conversation.pk])


def htmx_from(path: str) -> dict[str, str]:
    return {"HX-Request": "true", "HX-Current-URL": f"http://testserver{path}"}


def test_menu_is_a_page_without_htmx(browser: Client, conversation: Conversation) -> None:
    page = browser.get(address("manage", conversation))
    fragment = browser.get(address("manage", conversation), headers=htmx_from("/chat/"))
    assert "<!doctype html>" in page.text
    assert "<!doctype html>" not in fragment.text
    for text in (page.text, fragment.text):
        words = Markup(text).text
        assert [word for word in ("Rename", "Pin", "Archive", "Delete") if word not in words] == []


@pytest.mark.parametrize("name", ["rename", "pin", "archive"])
def test_plain_form_leads_back_to_the_conversation(browser: Client, conversation: Conversation, name: str) -> None:
    answer = browser.post(address(name, conversation), {"title": "Mine"})
    assert (answer.status_code, answer["Location"]) == (302, conversation.get_absolute_url())
    changed = Conversation.objects.get()
    assert changed.title == ("Mine" if name == "rename" else "About sorting")
    assert (changed.pinned_at is None) == (name != "pin")
    assert (changed.archived_at is None) == (name != "archive")


def test_what_was_put_on_is_taken_off(browser: Client, conversation: Conversation) -> None:
    for name in ("pin", "archive"):
        browser.post(address(name, conversation))
        assert f"{name}" in browser.get(address("manage", conversation)).text
        browser.post(address(name, conversation), {"off": ""})
    changed = Conversation.objects.get()
    assert (changed.pinned_at, changed.archived_at) == (None, None)


def test_htmx_gets_the_list_and_the_title_of_the_open_one(browser: Client, conversation: Conversation) -> None:
    headers = htmx_from(conversation.get_absolute_url())
    answer = browser.post(address("rename", conversation), {"title": "<b>Mine"}, headers=headers)
    assert answer.status_code == 200
    assert '<hx-partial hx-target="#conversation-list" hx-swap="outerMorph">' in answer.text
    assert '<hx-partial hx-target="#conversation-title" hx-swap="textContent">&lt;b&gt;Mine<' in answer.text
    assert 'aria-current="page"' in answer.text
    assert "<b>" not in answer.text
    elsewhere = browser.post(address("rename", conversation), {"title": "Ours"}, headers=htmx_from("/chat/archive/"))
    assert "#conversation-title" not in elsewhere.text


@pytest.mark.parametrize("current", ["", "http://elsewhere.example/chat/", "http://testserver/nowhere/", "http://["])
def test_page_that_htmx_names_may_be_anything(browser: Client, conversation: Conversation, current: str) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": current}
    assert browser.post(address("pin", conversation), headers=headers).status_code == 200


@pytest.mark.parametrize("headers", [{}, htmx_from("/chat/")])
def test_empty_title_is_refused_with_a_sentence(
    browser: Client, conversation: Conversation, headers: dict[str, str]
) -> None:
    answer = browser.post(address("rename", conversation), {"title": " "}, headers=headers)
    assert "A title needs at least one character." in answer.text
    assert Conversation.objects.get().title == "About sorting"


def test_deleted_one_can_be_had_back_from_the_next_page(browser: Client, conversation: Conversation) -> None:
    gone = browser.post(address("delete", conversation))
    assert browser.get(conversation.get_absolute_url()).status_code == 404
    page = browser.get(gone["Location"])
    assert "“About sorting” was deleted." in page.text
    assert f'action="{address("restore", conversation)}"' in page.text
    assert browser.post(address("restore", conversation))["Location"] == conversation.get_absolute_url()
    assert browser.get(conversation.get_absolute_url()).status_code == 200
    assert "was deleted" not in browser.get(gone["Location"]).text


def test_htmx_leaves_the_page_only_where_the_open_one_is_deleted(browser: Client, alice: User) -> None:
    first, second = (Conversation.objects.create(owner=alice, title=title) for title in ("first", "second"))
    headers = htmx_from(first.get_absolute_url())
    stayed = browser.post(address("delete", second), headers=headers)
    assert "HX-Redirect" not in stayed
    assert 'hx-target="#toasts"' in stayed.text
    assert address("restore", second) in stayed.text
    left = browser.post(address("delete", first), headers=headers)
    assert left["HX-Redirect"] == f"/chat/?deleted={first.pk}"


def test_archive_lists_what_is_archived_and_what_can_be_had_back(browser: Client, alice: User) -> None:
    kept, put_away, deleted = (Conversation.objects.create(owner=alice, title=f"the {n} one") for n in "abc")
    assert "the b one" not in Markup(browser.get(reverse("chat:archived")).text.partition('chat__side"')[2]).text
    archive_conversation(conversation=put_away, archived=True)
    delete_conversation(conversation=deleted)
    body = browser.get(reverse("chat:archived")).text.partition('chat__side"')[2]
    assert put_away.get_absolute_url() in body
    assert address("restore", deleted) in body
    assert kept.title not in body


def test_sidebar_asks_again_only_while_something_runs(browser: Client, conversation: Conversation) -> None:
    poll = 'hx-trigger="load delay:12s"'
    assert poll not in browser.get("/chat/sidebar/", headers=htmx_from("/chat/")).text
    browser.post(conversation.get_absolute_url(), {"message": "one"})
    assert poll in browser.get("/chat/sidebar/", headers=htmx_from("/chat/")).text
    browser.post(address("stop", conversation))
    assert poll not in browser.get("/chat/sidebar/", headers=htmx_from("/chat/")).text


@pytest.mark.parametrize("shown", ["", "x", "-1", "99999999999999999999", "²", "200\0"])
def test_length_of_the_list_may_be_anything(browser: Client, conversation: Conversation, shown: str) -> None:
    page = browser.get("/chat/", {"shown": shown})
    assert page.status_code == 200
    assert "About sorting" in page.text


@pytest.mark.parametrize("deleted", ["x", "\0", "00000000-0000-0000-0000-000000000000"])
def test_page_after_deleting_may_name_anything(browser: Client, deleted: str) -> None:
    page = browser.get("/chat/", {"deleted": deleted})
    assert page.status_code == 200
    assert "was deleted" not in page.text


def test_nobody_else_is_offered_a_deleted_one(conversation: Conversation, bob: User, signed_in: SignedIn) -> None:
    delete_conversation(conversation=conversation)
    assert "About sorting" not in signed_in(bob).get("/chat/", {"deleted": str(conversation.pk)}).text
    assert signed_in(bob).post(address("restore", conversation)).status_code == 404
