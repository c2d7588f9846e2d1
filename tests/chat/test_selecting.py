"""Several conversations at once: their owner, and nobody else, archives, deletes and restores them."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from apps.accounts.models import User
from apps.chat.models import Conversation
from apps.chat.selectors import MOST_SELECTED
from apps.chat.services.messages.send import start_conversation
from apps.generation.models import Generation, State
from tests.conftest import SignedIn

SELECT = "/chat/select/"


@pytest.fixture
def three(alice: User) -> list[Conversation]:
    return [Conversation.objects.create(owner=alice, title=f"the {n} one") for n in "abc"]


def ids(*conversations: Conversation) -> list[str]:
    return [str(item.pk) for item in conversations]


def listed(user: User) -> list[str]:
    return sorted(Conversation.objects.visible_to(user).listed().values_list("title", flat=True))


def htmx_from(path: str) -> dict[str, str]:
    return {"HX-Request": "true", "HX-Current-URL": f"http://testserver{path}"}


def test_those_that_are_selected_are_archived(browser: Client, alice: User, three: list[Conversation]) -> None:
    sent = {"do": "archive", "selected": ids(*three[:2])}
    answered = browser.post(SELECT, sent, headers=htmx_from("/chat/"))
    assert "2 conversations were archived." in answered.text
    assert listed(alice) == ["the c one"]
    assert Conversation.objects.visible_to(alice).archived().count() == 2
    assert browser.post(SELECT, sent | {"selected": ids(three[2])})["Location"] == reverse("chat:archived")
    assert listed(alice) == []


def test_those_that_are_deleted_together_are_brought_back_together(
    browser: Client, alice: User, three: list[Conversation]
) -> None:
    browser.post(reverse("chat:delete", args=[three[2].pk]))
    answered = browser.post(SELECT, {"do": "delete", "selected": ids(*three[:2])}, headers=htmx_from("/chat/"))
    assert "2 conversations were deleted." in answered.text
    assert listed(alice) == []
    undo = reverse("chat:restore", args=[three[1].pk])
    assert f'hx-post="{undo}"' in answered.text
    assert "2 conversations are back." in browser.post(undo, {"together": ""}, headers=htmx_from("/chat/")).text
    assert listed(alice) == ["the a one", "the b one"]


def test_one_of_them_can_be_brought_back_alone(browser: Client, alice: User, three: list[Conversation]) -> None:
    browser.post(SELECT, {"do": "delete", "selected": ids(*three)})
    browser.post(reverse("chat:restore", args=[three[0].pk]))
    assert listed(alice) == ["the a one"]


def test_page_of_one_that_is_deleted_leads_on_to_the_undo(browser: Client, three: list[Conversation]) -> None:
    sent = {"do": "delete", "selected": ids(*three[:2])}
    left = browser.post(SELECT, sent, headers=htmx_from(three[0].get_absolute_url()))
    page = browser.get(left["HX-Redirect"])
    assert "2 conversations were deleted." in page.text
    assert '<input type="hidden" name="together" value="on">' in page.text
    plain = browser.post(SELECT, sent | {"selected": ids(three[2])})
    assert "“the c one” was deleted." in browser.get(plain["Location"]).text


def test_what_is_being_written_in_them_is_stopped(
    browser: Client, alice: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    asked = [start_conversation(owner=alice, text=text).conversation for text in ("one", "two", "three")]
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(SELECT, {"do": "archive", "selected": ids(asked[0])})
        browser.post(SELECT, {"do": "delete", "selected": ids(*asked[1:])})
    states = Generation.objects.order_by("created_at").values_list("message__conversation", "state")
    assert dict(states) == {
        asked[0].pk: State.QUEUED,
        asked[1].pk: State.CANCELLED,
        asked[2].pk: State.CANCELLED,
    }


@pytest.mark.parametrize("do", ["archive", "delete"])
def test_those_of_others_are_left_alone(
    do: str, bob: User, alice: User, three: list[Conversation], signed_in: SignedIn
) -> None:
    own = Conversation.objects.create(owner=bob, title="bob's")
    others = {"do": do, "selected": [*ids(*three), str(uuid4())]}
    refused = signed_in(bob).post(SELECT, others, headers=htmx_from("/chat/"))
    assert (refused.status_code, "None of them is there any longer." in refused.text) == (422, True)
    mixed = signed_in(bob).post(SELECT, others | {"selected": ids(own, *three)}, headers=htmx_from("/chat/"))
    assert mixed.status_code == 200
    assert listed(bob) == []
    assert len(listed(alice)) == 3
    signed_in(alice).post(SELECT, {"do": "delete", "selected": ids(*three)})
    restored = signed_in(bob).post(reverse("chat:restore", args=[three[0].pk]), {"together": ""})
    assert restored.status_code == 404
    assert listed(alice) == []


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"selected": []}, "Select a conversation first."),
        ({"selected": ["x\0"]}, "A conversation is not known."),
        ({"do": ""}, "Choose what to do with them."),
        ({"do": "burn"}, "That cannot be done with them."),
        (
            {"selected": [str(uuid4()) for _ in range(MOST_SELECTED + 1)]},
            "At most 500 can be selected at once, not 501.",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(
    sent: dict[str, list[str]], sentence: str, browser: Client, alice: User, three: list[Conversation]
) -> None:
    for headers in ({}, htmx_from("/chat/")):
        answered = browser.post(SELECT, {"do": "delete", "selected": ids(*three), **sent}, headers=headers)
        assert (answered.status_code, sentence in answered.text) == (422, True)
    assert len(listed(alice)) == 3


def test_page_without_javascript_lists_what_the_sidebar_lists(browser: Client, three: list[Conversation]) -> None:
    page = browser.get(SELECT).text
    assert [page.count(f'type="checkbox" name="selected" value="{pk}"') for pk in ids(*three)] == [1, 1, 1]
    assert f'href="{SELECT}"' in browser.get("/chat/").text
