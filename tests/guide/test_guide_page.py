"""The guide's page: for everybody, without JavaScript, cheap, and built so that assistive technology can read it."""

import re
from http import HTTPStatus

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.guide.models import Cell, Page, Section
from tests.guide.reading import Element, ReadPage

# The edition, the page, its sections, sources, variants, features, cells and citations.
QUERIES = 8


def test_everybody_may_read_it(guide: None, client: Client) -> None:
    assert client.get("/chat/").status_code == HTTPStatus.FOUND, "something must need a sign-in"
    response = client.get("/guide/")
    assert response.status_code == HTTPStatus.OK
    assert "which variant for what" in response.text


def test_signed_in_people_may_read_it_too(guide: None, client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get("/guide/").status_code == HTTPStatus.OK


def test_the_comparison_is_a_real_table(page: ReadPage) -> None:
    (table,) = page.section("compare").all("table")
    header, *rows = table.all("tr")
    columns = header.all("th")
    assert table.all("caption")[0].text == "Three variants, feature by feature"
    assert [cell.attributes["scope"] for cell in columns] == ["col"] * 4
    assert [cell.text for cell in columns] == [
        "Feature",
        "B Code Llama (Base)",
        "P Code Llama – Python",
        "I Code Llama – Instruct",
    ]
    assert [[cell.attributes["scope"] for cell in row.all("th")] for row in rows] == [["row"]] * len(rows)
    assert [row.all("th")[0].text for row in rows][:4] == ["Primary function", "Best for", "Input style", "Key feature"]
    assert [len(row.all("td")) for row in rows] == [3] * len(rows)


def test_the_requested_table_is_the_first_thing_under_the_title(page: ReadPage) -> None:
    article = page.root.all("article")[0]
    assert article.all("section")[0] == page.section("compare")
    assert page.section("compare").all("p")[0].text != "", "prose follows the table"
    words = page.section("compare").text
    assert words.index("Key feature") < words.index("not one model but a family")


def note_of(page: ReadPage, mark: Element) -> Element:
    anchor = mark.attributes["popovertarget"]
    (note,) = [item for item in page.root.all("li", "note") if item.attributes["id"] == anchor]
    return note


def test_a_cell_opens_what_it_rests_on(page: ReadPage) -> None:
    (table,) = page.section("compare").all("table")
    marks = [cell.all("button", "mark") for cell in table.all("td")]
    assert [len(found) for found in marks] == [1] * 21
    basis = [note_of(page, mark).all("p", "note__basis")[0].text for (mark,) in marks]
    kinds = "Vendor’s statement|Paper’s result|Computed here|Measured here|Our judgement"
    assert [text for text in basis if not re.match(rf"({kinds}) \[ ?Source \d.*checked \d+ \w+ \d{{4}}$", text)] == []


def test_a_reservation_is_in_the_note_and_its_mark_says_so(page: ReadPage) -> None:
    (cell,) = [found for found in page.section("compare").all("td") if "infilling at some sizes" in found.text]
    (mark,) = cell.all("button", "mark")
    assert "34B completes but does not infill." in note_of(page, mark).text
    assert mark.text.endswith("†")
    assert mark.attributes["aria-label"].endswith(", with a reservation")


def test_sources_that_disagree_are_seen_without_opening_a_note(page: ReadPage) -> None:
    row = next(row for row in page.section("compare").all("tr") if row.text.startswith("Fills in the middle"))
    assert ["sources disagree" in cell.text for cell in row.all("td")] == [True, False, True]


def test_contents_lead_to_headings(page: ReadPage) -> None:
    contents = page.root.all("nav", "guide__here")[0]
    targets = [link.attributes["href"].removeprefix("#") for link in contents.all("a")]
    headings = [heading.attributes["id"] for heading in page.root.all("article")[0].all("h2")]
    assert len(headings) == 6
    assert targets == headings


def test_no_id_is_there_twice(page: ReadPage) -> None:
    assert len(page.ids) == len(set(page.ids))


def test_it_says_when_it_was_reviewed(page: ReadPage) -> None:
    assert "Reviewed against its sources on 22 November 2026" in page.text


def test_it_needs_no_inline_style_or_script(page: ReadPage) -> None:
    assert page.root.all("link"), "style comes from somewhere"
    assert page.root.all("style") == []
    inline = [script for script in page.root.all("script") if not script.attributes.get("src")]
    assert [script.attributes["type"] for script in inline] == ["application/ld+json"], "data, which is never run"
    everything = [element for tag in ("div", "p", "td", "th", "span", "a", "section") for element in page.root.all(tag)]
    assert [element for element in everything if "style" in element.attributes] == []


def test_it_costs_the_same_few_queries_however_long_it_is(
    anew: None, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(QUERIES):
        client.get("/guide/")
    page = Page.objects.get(slug="overview")
    Section.objects.bulk_create(
        Section(page=page, slug=f"more-{number}", title="More", order=99, body="More [@paper].") for number in range(20)
    )
    with django_assert_num_queries(QUERIES):
        assert "more-19" in client.get("/guide/").text


@pytest.mark.parametrize("url", ["/guide/", "/"])
def test_who_has_it_gets_304(guide: None, client: Client, url: str) -> None:
    first = client.get(url)
    again = client.get(url, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (HTTPStatus.NOT_MODIFIED, b"")


def test_an_edit_is_seen_at_once(guide: None, client: Client) -> None:
    first = client.get("/guide/")
    Cell.objects.filter(feature__slug="function", variant__slug="base").update(text="Edited just now")
    again = client.get("/guide/", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == HTTPStatus.OK
    assert "Edited just now" in again.text


def test_signing_in_is_seen_at_once(guide: None, client: Client, alice: User) -> None:
    first = client.get("/guide/")
    client.force_login(alice)
    again = client.get("/guide/", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == HTTPStatus.OK
    assert "alice" in again.text


def test_markup_in_prose_stays_text(guide: None, client: Client) -> None:
    body = "<script>alert(1)</script> [press](javascript:alert(1)) [@paper <b>§1</b>]\n"
    Section.objects.filter(page__slug="overview", slug="next").update(body=body)
    text = client.get("/guide/").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "1, &lt;b&gt;§1&lt;/b&gt;" in text
    assert 'href="javascript:' not in text


def test_posting_is_refused(guide: None, client: Client) -> None:
    assert client.post("/guide/").status_code == HTTPStatus.METHOD_NOT_ALLOWED
