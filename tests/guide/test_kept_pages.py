"""Pages are made once for all who are not signed in, and anew as soon as the guide says something else."""

import gzip
from http import HTTPStatus

import pytest
from django.apps import apps
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.endpoints.models import Endpoint
from apps.guide import kept_pages
from apps.guide.kept_pages import KeptPages
from apps.guide.models import Edition, ErrorReport, Fact, Passage, Revision, Section, Word
from apps.guide.models.edition import WRITTEN
from apps.guide.navigation import all_entries
from apps.guide.search.index import rebuild_index

URLS = [entry.url for entry in all_entries()]
# One for the edition, one for what the endpoints do.
LIVE = {reverse("guide:choose"): 2, reverse("guide:models"): 2}


@pytest.mark.parametrize("headers", [{}, {"If-None-Match": "*"}], ids=["page", "304"])
def test_who_comes_second_costs_a_query_or_two(
    guide: None, client: Client, django_assert_num_queries: DjangoAssertNumQueries, headers: dict[str, str]
) -> None:
    assert len(URLS) > 25
    for url in URLS:
        client.get(url)
        with django_assert_num_queries(LIVE.get(url, 2 if url.startswith("/guide/models/") else 1)):
            client.get(url, headers=headers)


def test_every_table_that_is_shown_makes_an_edition(guide: None) -> None:
    others = {model._meta.model_name for model in (Edition, ErrorReport, Passage, Revision, Word)}
    tables = {model._meta.model_name for model in apps.get_app_config("guide").get_models()}
    assert tables == {*WRITTEN, *others}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'guide_new_edition'")
        assert {table for (table,) in cursor.fetchall()} == {f"guide_{name}" for name in WRITTEN}


def test_any_change_makes_an_edition_and_reading_makes_none(guide: None) -> None:
    tokens = [Edition.objects.token()]
    Fact.objects.update(qualification="Changed.")
    tokens.append(Edition.objects.token())
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM guide_section WHERE slug = 'sizes'")
    tokens.append(Edition.objects.token())
    rebuild_index()
    tokens.append(Edition.objects.token())
    assert None not in tokens
    assert len(set(tokens)) == len(tokens)
    assert Fact.objects.exists()
    assert Edition.objects.token() == tokens[-1]


def test_a_change_is_seen_at_once(guide: None, client: Client) -> None:
    first = client.get("/guide/licence/")
    assert client.get("/guide/licence/", headers={"If-None-Match": first["ETag"]}).status_code == 304
    Section.objects.filter(page__slug="licence", slug="short").update(body="Changed just now.")
    again = client.get("/guide/licence/", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == HTTPStatus.OK
    assert "Changed just now." in again.text


def test_an_endpoint_that_comes_is_seen_at_once(guide: None, client: Client) -> None:
    url = "/guide/models/13b-instruct/"
    assert "No endpoint here serves this model" in client.get(url).text
    endpoint = Endpoint.objects.create(
        name="gpu-1", url="http://127.0.0.1:1", protocol="tgi", variant="instruct", size="13B", state="enabled"
    )
    assert "No endpoint here serves this model" not in client.get(url).text
    endpoint.delete()
    assert "No endpoint here serves this model" in client.get(url).text


def test_nobody_gets_the_page_of_another(guide: None, client: Client, alice: User) -> None:
    reader = Client()
    reader.force_login(alice)
    assert "alice" not in client.get("/guide/").text
    assert "alice" in reader.get("/guide/").text
    assert "alice" not in client.get("/guide/").text
    kept = client.get("/guide/")
    assert {"Cookie", "Accept-Encoding"} <= set(kept["Vary"].split(", "))
    assert kept["Cache-Control"] == "private, no-cache"
    assert not kept.cookies


def test_it_is_sent_compressed_to_those_who_take_it_so(guide: None, client: Client) -> None:
    plain = client.get("/guide/compare/")
    small = client.get("/guide/compare/", headers={"Accept-Encoding": "gzip, deflate, br"})
    assert small["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.content) == plain.content
    assert len(small.content) < len(plain.content) / 10
    assert small["ETag"] == plain["ETag"]


def test_neither_errors_nor_what_belongs_to_no_edition_is_kept(
    guide: None, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(2):
        assert client.get("/guide/nowhere/").status_code == HTTPStatus.NOT_FOUND
    Edition.objects.all().delete()
    for _ in range(2):
        with django_assert_num_queries(4):
            assert client.get("/guide/licence/").status_code == HTTPStatus.OK


def test_the_oldest_go_first(monkeypatch: pytest.MonkeyPatch, rf: RequestFactory) -> None:
    pages, request = KeptPages(), rf.get("/")
    monkeypatch.setattr(kept_pages, "MOST_PAGES", 3)
    for name in "abc":
        pages.keep(request, name, HttpResponse(name, headers={"ETag": f'"{name}"'}))
    assert pages.find(request, "a")
    pages.keep(request, "d", HttpResponse("d", headers={"ETag": '"d"'}))
    assert [name for name in "abcd" if pages.find(request, name)] == ["a", "c", "d"]
    monkeypatch.setattr(kept_pages, "MOST_BYTES", 30)
    pages.keep(request, "e", HttpResponse("e", headers={"ETag": '"e"'}))
    assert [name for name in "abcde" if pages.find(request, name)] == ["e"]
