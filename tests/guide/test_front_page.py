"""The front page: one sentence, the doors one may open, the three variants."""

from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from tests.guide.reading import ReadPage


def doors(client: Client) -> list[str]:
    main = ReadPage(client.get("/").text).root.all("main")[0]
    return [link.attributes["href"] for door in main.all("li", "front__door") for link in door.all("a")]


def test_everybody_sees_guide_and_chat(guide: None, client: Client) -> None:
    assert doors(client) == ["/guide/", "/chat/"]


def test_people_who_are_signed_in_see_the_same(guide: None, client: Client, alice: User) -> None:
    client.force_login(alice)
    assert doors(client) == ["/guide/", "/chat/"]


def test_staff_see_the_endpoints_too(guide: None, client: Client, alice: User) -> None:
    alice.is_staff = True
    alice.save()
    client.force_login(alice)
    assert doors(client) == ["/guide/", "/chat/", "/endpoints/"]


def test_the_variants_lead_to_their_sections(guide: None, client: Client) -> None:
    variants = ReadPage(client.get("/").text).root.all("li", "front__variant")
    assert [variant.all("a")[0].attributes["href"] for variant in variants] == [
        "/guide/#base",
        "/guide/#python",
        "/guide/#instruct",
    ]
    assert [variant.all("span", "letter")[0].text for variant in variants] == ["B", "P", "I"]


def test_it_takes_two_queries(anew: None, client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(2):
        client.get("/")
