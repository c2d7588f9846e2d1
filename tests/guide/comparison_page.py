"""The page of the comparison, as its tests read it."""

from django.test import Client

from tests.guide.reading import Element, ReadPage

URL = "/guide/compare/"


def read(client: Client, query: str = "") -> ReadPage:
    return ReadPage(client.get(f"{URL}?{query}").text)


def table(page: ReadPage) -> Element:
    return page.section("side-by-side").all("table")[0]


def columns(page: ReadPage) -> list[str]:
    heads = table(page).all("thead")[0].all("th")[1:]
    return [head.all("a")[0].text for head in heads]


def row(page: ReadPage, label: str) -> Element:
    return next(
        line
        for line in table(page).all("tr")
        if line.all("th") and line.all("th")[0].attributes["scope"] == "row" and line.text.startswith(label)
    )
