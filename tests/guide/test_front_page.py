"""The front page: one sentence, three doors, the variants in miniature, a picture of the chat."""

import re

from django.contrib.staticfiles import finders
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.endpoints.models import Endpoint
from apps.guide.models import Cell
from tests.guide.reading import ReadPage


def read(client: Client) -> ReadPage:
    return ReadPage(client.get("/").text)


def add_endpoint(name: str, health: str, state: str = "enabled") -> None:
    Endpoint.objects.create(
        name=name, url=f"http://{name}.test", protocol="tgi", variant="instruct", size="7B", health=health, state=state
    )


def test_three_doors_lead_into_the_guide(guide: None, client: Client) -> None:
    doors = read(client).root.all("a", "front__door")
    assert [door.attributes["href"] for door in doors] == ["/guide/compare/", "/guide/choose/", "/guide/hardware/"]


def test_the_variants_are_compared_in_four_rows(guide: None, client: Client) -> None:
    (table,) = read(client).root.all("table")
    header, *rows = table.all("tr")
    assert [link.attributes["href"] for link in header.all("a")] == [
        "/guide/variants/base/",
        "/guide/variants/python/",
        "/guide/variants/instruct/",
    ]
    assert [row.all("th")[0].text for row in rows] == ["Primary function", "Best for", "Input style", "Key feature"]
    assert [len(row.all("td")) for row in rows] == [3] * 4


def test_the_rows_are_those_of_the_guide(guide: None, client: Client) -> None:
    assert "Edited just now" not in read(client).text
    Cell.objects.filter(feature__slug="function", variant__slug="base").update(text="Edited just now")
    assert "Edited just now" in read(client).text


def test_the_picture_of_the_chat_is_there(guide: None, client: Client) -> None:
    (picture,) = read(client).root.all("picture")
    addresses = [picture.all("img")[0].attributes["src"], picture.all("source")[0].attributes["srcset"]]
    for address in addresses:
        assert finders.find(re.sub(r"^/static/|\.[0-9a-f]{12}(?=\.webp$)", "", address)), address


def test_people_who_are_signed_in_see_how_the_servers_are(guide: None, client: Client, alice: User) -> None:
    add_endpoint("gpu-1", "healthy")
    assert "server is healthy" not in read(client).text
    client.force_login(alice)
    assert "The model server is healthy." in read(client).text
    add_endpoint("gpu-2", "degraded")
    assert "1 of 2 model servers healthy." in read(client).text
    Endpoint.objects.filter(name="gpu-2").update(state="disabled")
    assert "The model server is healthy." in read(client).text
    Endpoint.objects.all().delete()
    assert "No model server is set up." in read(client).text


def test_staff_have_a_way_to_the_endpoints(guide: None, client: Client, alice: User) -> None:
    client.force_login(alice)
    assert "/endpoints/" not in [link.attributes["href"] for link in read(client).root.all("main")[0].all("a")]
    alice.is_staff = True
    alice.save()
    assert "/endpoints/" in [link.attributes["href"] for link in read(client).root.all("main")[0].all("a")]


def test_it_takes_two_queries(anew: None, client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(2):
        client.get("/")
