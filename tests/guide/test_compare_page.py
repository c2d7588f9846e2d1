"""The comparison: the state in its address, its filters, and what it says about addresses that make no sense."""

import re
from http import HTTPStatus

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.guide.models import Fact, Gpu
from tests.guide.comparison_page import URL, columns, read, row, table
from tests.guide.reading import ReadPage

# Edition; page, sections, sources; models; facts, citations, readings and theirs; attributes; scores (3).
QUERIES = 13


def notices(page: ReadPage) -> list[str]:
    return [notice.text for notice in page.section("side-by-side").all("p", "banner")]


def test_everybody_sees_the_usual_three_without_asking(guide: None, client: Client) -> None:
    assert client.get("/chat/").status_code == HTTPStatus.FOUND, "something must need a sign-in"
    page = read(client)
    assert columns(page) == ["Code Llama 7B", "Code Llama – Python 7B", "Code Llama – Instruct 7B"]
    assert notices(page) == []


def test_a_card_of_a_filter_is_one_of_the_table(guide: None, client: Client) -> None:
    Gpu.objects.update(usable_gib=13)
    page = read(client, "can=card-24&size=7b")
    assert "No model meets all of these filters." in page.text, "a tenth of 13 GiB is reserved: 12.55 do not fit"


def test_sort_links_keep_the_rest_of_the_state(guide: None, client: Client) -> None:
    page = read(client, "pick=7b-base&pick=13b-base&only=differences&task=infill")
    link = row(page, "Layers").all("p", "compare__sorts")[0].all("a")[0]
    assert link.attributes["href"].endswith("#row-layers"), "without JavaScript, the row stays in sight"
    again = ReadPage(client.get(URL + link.attributes["href"].partition("#")[0]).text)
    assert columns(again) == ["Code Llama 7B", "Code Llama 13B"]
    assert "left out" in table(again).all("caption")[0].text
    assert row(again, "Layers").all("th")[0].attributes["aria-sort"] == "ascending"


@pytest.mark.parametrize(
    ("query", "offered"),
    [
        ("size=34b", {"base", "python", "instruct", "34b-base", "34b-python", "34b-instruct"}),
        ("task=infill&size=7b", {"base", "instruct", "7b-base", "7b-instruct"}),
        ("task=chat&size=7b,13b", {"instruct", "7b-instruct", "13b-instruct"}),
        ("can=long&size=70b", {"base", "70b-base"}),
        ("can=card-24&task=chat", {"instruct", "7b-instruct"}),
        ("can=card-80&task=chat&size=34b&size=70b", {"instruct", "34b-instruct"}),
    ],
)
def test_filters_narrow_what_is_offered(guide: None, client: Client, query: str, offered: set[str]) -> None:
    page = read(client, query)
    boxes = [box.attributes for box in page.root.all("input") if box.attributes.get("name") == "pick"]
    assert {box["value"] for box in boxes} == offered
    checked = [box["value"] for box in boxes if "checked" in box]
    assert set(checked) == {slug for slug in offered if "-" in slug}, "the models offered are compared"


def test_filters_that_nothing_meets_say_so(guide: None, client: Client) -> None:
    page = read(client, "can=card-24&size=70b")
    assert "No model meets all of these filters." in page.text
    assert page.section("side-by-side").all("table") == []


def test_what_was_picked_stays_whatever_the_filters(guide: None, client: Client) -> None:
    assert columns(read(client, "pick=70b-python&pick=7b-base&task=infill")) == [
        "Code Llama – Python 70B",
        "Code Llama 7B",
    ]


def test_more_than_four_is_a_sentence(guide: None, client: Client) -> None:
    page = read(client, "pick=7b-base,13b-base,34b-base,70b-base,7b-python")
    assert notices(page) == ["At most 4 fit side by side: the first 4 are shown."]
    assert len(columns(page)) == 4


def test_one_alone_is_a_sentence(guide: None, client: Client) -> None:
    page = read(client, "pick=7b-base")
    assert notices(page) == ["One alone is nothing to compare: pick two to four."]
    assert columns(page) == ["Code Llama 7B"]


def test_what_makes_no_sense_is_left_out_with_a_notice(guide: None, client: Client) -> None:
    for nonsense in [
        "pick=gpt-4",
        "colour=blue",
        "task=dance",
        "size=9b",
        "can=fly",
        "only=everything",
        "sort=beauty",
        "pick=%00%0a",
        "pick=" + "x" * 3000,
        "sort=-",
    ]:
        told = client.get(f"/guide/compare.json?{nonsense}").json()
        assert len(told["notices"]) == 1, nonsense
        assert [column["slug"] for column in told["columns"]] == ["7b-base", "7b-python", "7b-instruct"], nonsense


def test_notices_repeat_no_markup(guide: None, client: Client) -> None:
    response = client.get(f"{URL}?%3Cscript%3E=1&pick=7b-base,13b-base")
    assert response.status_code == HTTPStatus.OK
    assert notices(ReadPage(response.text)) == ["“<script>” means nothing here and was left out."]


def test_the_same_twice_is_once(guide: None, client: Client) -> None:
    assert columns(read(client, "pick=7b-base&pick=7B-BASE,13b-base")) == ["Code Llama 7B", "Code Llama 13B"]


def test_it_works_without_javascript(guide: None, client: Client) -> None:
    form = read(client).root.all("form", "compare-form")[0]
    assert form.attributes["method"] == "get"
    assert form.attributes["action"] == URL
    assert "submit" in [button.attributes["type"] for button in form.all("button")]


def test_it_costs_the_same_few_queries_whatever_is_picked(
    anew: None, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for query in ["pick=7b-base&pick=70b-instruct", "pick=base&pick=python&pick=instruct&pick=70b-base"]:
        with django_assert_num_queries(QUERIES):
            client.get(f"{URL}?{query}")


@pytest.mark.parametrize("path", [URL, "/guide/compare.csv", "/guide/compare.json"])
def test_who_has_it_gets_304(guide: None, client: Client, path: str) -> None:
    first = client.get(f"{path}?pick=7b-base&pick=13b-base")
    again = client.get(f"{path}?pick=7b-base&pick=13b-base", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (HTTPStatus.NOT_MODIFIED, b"")


def test_an_edit_is_seen_at_once(guide: None, client: Client) -> None:
    first = client.get(URL)
    Fact.objects.filter(model__slug="7b-base", attribute__slug="layers").update(text="Edited just now")
    again = client.get(URL, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == HTTPStatus.OK
    assert "Edited just now" in again.text


def test_it_needs_no_inline_style_or_script(guide: None, client: Client) -> None:
    text = client.get(URL).text
    assert "compare__table" in text
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text)
