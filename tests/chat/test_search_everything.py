"""Searching the guide and one's conversations at once: both are found, each person's own, whatever is typed."""

from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.chat.models import Conversation
from apps.guide.models import Term
from apps.guide.search.index import rebuild_index
from tests.chat.exchanges import answered_conversation
from tests.conftest import SignedIn
from tests.guide.reading import ReadPage

URL = reverse("chat:search_everything")


@pytest.fixture
def term(db: None) -> Term:
    term = Term.objects.create(slug="rope", term="RoPE theta", definition="The base of the rotary embedding.")
    rebuild_index()
    return term


def read(browser: Client, text: str) -> ReadPage:
    response = browser.get(URL, {"q": text})
    assert response.status_code == HTTPStatus.OK
    return ReadPage(response.text)


def test_guide_and_conversations_are_found_together(browser: Client, alice: User, term: Term) -> None:
    conversation = answered_conversation(alice, "What is the rotary base?", "It is theta.")
    page = read(browser, "rotary")
    assert "RoPE theta" in page.section("found-in-guide").text
    mine = page.section("found-in-conversations")
    assert any(link.attributes["href"].startswith(conversation.get_absolute_url()) for link in mine.all("a"))
    assert [mark.text for mark in mine.all("mark")]


def test_each_finds_their_own(browser: Client, bob: User, signed_in: SignedIn, term: Term) -> None:
    answered_conversation(bob, "A secret about the rotary base", "Yes.")
    assert "secret" in read(signed_in(bob), "rotary").section("found-in-conversations").text
    assert "secret" not in read(browser, "rotary").text


def test_strangers_sign_in_first_and_see_no_choice_in_the_guide(client: Client, browser: Client, term: Term) -> None:
    assert client.get(URL, {"q": "rotary"}).status_code == HTTPStatus.FOUND
    scopes = [ReadPage(who.get("/guide/search/?q=rotary").text).root.all("nav", "choices") for who in (browser, client)]
    assert [link.attributes["href"] for link in scopes[0][0].all("a")] == [
        "/guide/search/?q=rotary",
        f"{URL}?q=rotary",
        "/chat/search/?q=rotary",
    ]
    assert scopes[1] == []


def test_what_neither_has_is_said_of_both(browser: Client, term: Term) -> None:
    page = read(browser, "xqzwvk <b>")
    assert "No results for “xqzwvk <b>”" in page.section("found-in-guide").text
    assert "Nothing found for “xqzwvk <b>”" in page.section("found-in-conversations").text
    assert "found" not in read(browser, "").section("found-in-conversations").text


def test_more_than_fit_beside_the_guide_are_all_elsewhere(browser: Client, alice: User) -> None:
    Conversation.objects.bulk_create(Conversation(owner=alice, title=f"Rotary {number}") for number in range(13))
    mine = read(browser, "rotary").section("found-in-conversations")
    assert len(mine.all("li")) == 8
    assert "13 found, the latest 8" in mine.text


def test_it_takes_few_queries(
    browser: Client, alice: User, term: Term, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(4):
        answered_conversation(alice, f"Rotary {number}", "Yes.")
    with django_assert_max_num_queries(8):
        assert len(read(browser, "rotary").section("found-in-conversations").all("li")) == 8
