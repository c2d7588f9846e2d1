"""Every page of the guide is public, has no scripts of its own, is found, and answers 304."""

import json
import re
from functools import cache
from http import HTTPStatus

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from apps.guide.models import Page, Passage, Section, Source, Term
from apps.guide.navigation import all_entries, find_place
from tests.guide.reading import Nesting, ReadPage

URLS = [entry.url for entry in all_entries()]
# Most pages are looked at several times.
parsed = cache(ReadPage)
PROSE = ["/guide/context/", "/guide/licence/", "/guide/pitfalls/", "/guide/questions/", "/guide/variants/base/"]


def data_of(page: ReadPage) -> dict[str, object]:
    (script,) = [found for found in page.root.all("script") if found.attributes.get("type") == "application/ld+json"]
    data: dict[str, object] = json.loads("".join(str(child) for child in script.children))
    return data


def faults_of(client: Client, url: str) -> list[str]:
    """Return the faults of the page at ``url``."""
    response = client.get(url)
    Nesting(response.text)
    page = parsed(response.text)
    links = [link.attributes for link in page.root.all("a")]
    current = [link["href"] for link in links if link.get("aria-current") == "page"]
    inside = {link["href"].removeprefix("#") for link in links if link["href"].startswith("#")}
    described = [tag for tag in page.root.all("meta") if tag.attributes.get("name") == "description"]
    again = client.get(url, headers={"If-None-Match": response.get("ETag", "none")})
    forms = [link.attributes["href"] for link in page.root.all("a") if "Report an error" in link.text]
    checks = {
        "is there": response.status_code == HTTPStatus.OK,
        "has one main heading": len(page.root.all("h1")) == 1,
        "has every id once": len(page.ids) == len(set(page.ids)),
        "leaves no markup in headings": not any("`" in heading.text for heading in page.root.all("h2")),
        "leaves no citation as text": "[@" not in page.text,
        "says when it was reviewed": "Reviewed against its sources on" in page.text,
        "is marked in the table of contents": url in current,
        "links to headings that are there": inside <= set(page.ids),
        "is described": [len(tag.attributes["content"]) > 40 for tag in described] == [True],
        "leads to the form for errors": forms == [f"/guide/report/?page={url}"],
        "answers 304": again.status_code == HTTPStatus.NOT_MODIFIED,
    }
    return [name for name, holds in checks.items() if not holds]


def test_every_page_is_whole(guide: None, client: Client) -> None:
    assert "is there" in faults_of(client, "/guide/no-such-page/"), "faults are found"
    assert len(URLS) > 25
    assert {url: faults for url in URLS if (faults := faults_of(client, url))} == {}


def test_a_variant_leads_to_its_models(guide: None, client: Client) -> None:
    models = ReadPage(client.get("/guide/variants/python/").text).section("models")
    links = [link.attributes["href"] for link in models.all("ul")[0].all("a")]
    assert links == [f"/guide/models/{size}-python/" for size in ("7b", "13b", "34b", "70b")]


def test_links_between_pages_lead_to_headings(guide: None, client: Client) -> None:
    pages = {url: parsed(client.get(url).text) for url in URLS}
    anchors = {url: set(page.ids) for url, page in pages.items()} | {"/guide/report/": set()}
    broken = []
    for url, page in pages.items():
        for link in page.root.all("main")[0].all("a"):
            path, _, anchor = link.attributes["href"].partition("#")
            path = path.partition("?")[0]
            if (
                path.startswith("/guide/")
                and path.endswith("/")
                and (path not in anchors or (anchor and anchor not in anchors[path]))
            ):
                broken.append((url, link.attributes["href"]))
    assert len(pages) == len(URLS)
    assert broken == []


def test_every_passage_of_the_search_leads_to_its_place(guide: None, client: Client) -> None:
    pages: dict[str, ReadPage] = {}
    broken = []
    for url in Passage.objects.values_list("url", flat=True).distinct():
        address, _, anchor = url.partition("#")
        if address not in pages:
            response = client.get(address)
            assert response.status_code == HTTPStatus.OK, url
            pages[address] = parsed(response.text)
        if anchor and anchor not in pages[address].ids:
            broken.append(url)
    assert len(pages) > 25
    assert broken == []


def test_previous_and_next_walk_through_all_pages() -> None:
    walked, place = [URLS[0]], find_place(URLS[0])
    assert place.previous is None
    while place.following:
        walked.append(place.following.url)
        place = find_place(place.following.url)
    assert walked == URLS
    assert find_place("/guide/nowhere/").entry is None


@pytest.mark.parametrize("url", PROSE)
def test_a_page_of_prose_takes_four_queries_however_long_it_is(
    anew: None, client: Client, django_assert_num_queries: DjangoAssertNumQueries, url: str
) -> None:
    with django_assert_num_queries(4):
        client.get(url)
    page = Page.objects.get(slug=url.removesuffix("/").rpartition("/")[2].replace("base", "variant-base"))
    Section.objects.bulk_create(
        Section(page=page, slug=f"more-{number}", title="More", order=99, body="More [@paper].") for number in range(9)
    )
    with django_assert_num_queries(4):
        assert "more-8" in client.get(url).text


@pytest.mark.parametrize(("url", "queries"), [("/guide/glossary/", 7), ("/guide/sources/", 7), ("/guide/running/", 5)])
def test_the_other_lists_take_few_queries(
    anew: None, client: Client, django_assert_num_queries: DjangoAssertNumQueries, url: str, queries: int
) -> None:
    with django_assert_num_queries(queries):
        client.get(url)


def test_search_engines_and_messengers_are_told_what_the_page_is(
    guide: None, client: Client, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://code.example.org"
    page = ReadPage(client.get("/guide/pitfalls/").text)
    told = {
        tag.attributes["property"]: tag.attributes["content"]
        for tag in page.root.all("meta")
        if "property" in tag.attributes
    }
    assert told["og:title"] == "Pitfalls"
    assert told["og:image"].startswith("https://code.example.org/static/card.")
    assert told["og:url"] == "https://code.example.org/guide/pitfalls/"
    data = data_of(page)
    assert data["@type"] == "TechArticle"
    assert data["url"] == told["og:url"]
    assert data["dateModified"] == Page.objects.get(slug="pitfalls").reviewed_on.isoformat()


def test_structured_data_cannot_end_its_script(guide: None, client: Client) -> None:
    Page.objects.filter(slug="pitfalls").update(title="</script><script>alert(1)</script>")
    text = client.get("/guide/pitfalls/").text
    assert "alert(1)" in text
    assert "<script>alert(1)" not in text
    assert data_of(ReadPage(text))["headline"] == "</script><script>alert(1)</script>"


def test_errors_are_reported_where_the_settings_say(guide: None, client: Client, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://code.example.org"
    settings.GUIDE_REPORT_URL = "https://issues.example.org/new?about={page}"
    page = ReadPage(client.get("/guide/licence/").text)
    (link,) = [found for found in page.root.all("a") if "Report an error" in found.text]
    about = "https%3A%2F%2Fcode.example.org%2Fguide%2Flicence%2F"
    assert link.attributes["href"] == f"https://issues.example.org/new?about={about}"


def test_the_sitemap_lists_every_page_with_its_review(guide: None, client: Client, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://code.example.org"
    response = client.get("/sitemap.xml")
    assert response["Content-Type"].startswith("application/xml")
    listed = re.findall(r"<loc>(.+?)</loc><lastmod>(.+?)</lastmod>", response.text)
    found = dict(listed)
    assert list(found) == [f"https://code.example.org{url}" for url in URLS]
    assert found["https://code.example.org/guide/pitfalls/"] == "2026-11-22"


def test_robots_are_told_where_the_sitemap_is(client: Client, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://code.example.org"
    text = client.get("/robots.txt").text
    assert "Disallow: /chat/" in text
    assert "Disallow: /guide/report/\n" in text
    assert "Disallow: /guide/\n" not in text
    assert "Sitemap: https://code.example.org/sitemap.xml" in text


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        ("/guide/models/7b-instrukt/", "/guide/models/7b-instruct/"),
        ("/guide/models/CodeLlama-34b-Python-hf/", "/guide/models/34b-python/"),
        ("/guide/models/instruct-70b/", "/guide/models/70b-instruct/"),
        ("/guide/variants/pyton/", "/guide/variants/python/"),
        ("/guide/license/", "/guide/licence/"),
        ("/guide/glosary/", "/guide/glossary/"),
        ("/guide/overview/", "/guide/"),
    ],
)
def test_an_unknown_page_names_the_nearest(guide: None, client: Client, asked: str, nearest: str) -> None:
    response = client.get(asked)
    assert response.status_code == HTTPStatus.NOT_FOUND
    links = [link.attributes["href"] for link in ReadPage(response.text).root.all("article")[0].all("a")]
    assert links[0] == nearest


def test_an_address_like_nothing_still_gets_a_helpful_page(guide: None, client: Client) -> None:
    response = client.get("/guide/xqzwvk/")
    assert response.status_code == HTTPStatus.NOT_FOUND
    assert "These come nearest" not in response.text
    assert "/guide/models/" in response.text


def test_the_glossary_explains_every_term_once(guide: None, client: Client) -> None:
    page = ReadPage(client.get("/guide/glossary/").text)
    terms = [found.text for found in page.root.all("dfn")]
    assert sorted(terms) == sorted(Term.objects.values_list("term", flat=True))
    assert terms == sorted(terms, key=str.lower)
    assert len(terms) > 20


def test_every_source_says_what_cites_it(guide: None, client: Client) -> None:
    page = ReadPage(client.get("/guide/sources/").text)
    items = {
        item.attributes["id"]: item for item in page.root.all("ol", "sources")[0].all("li") if "id" in item.attributes
    }
    assert set(items) == {f"source-{key}" for key in Source.objects.values_list("key", flat=True)}
    uses = [link.attributes["href"] for link in items["source-paper"].all("ul")[0].all("a")]
    assert "/guide/context/#finding" in uses
    assert any(re.fullmatch(r"/guide/models/[\w-]+/#infilling", use) for use in uses)
    assert "/guide/benchmarks/" in uses
    assert [key for key, item in items.items() if "Cited nowhere" in item.text] == []
