"""The chooser's page, as its tests read it."""

from django.test import Client

from tests.guide.reading import Element, ReadPage

URL = "/guide/choose/"
JSON = "/guide/choose.json"


def read(client: Client, **answers: str) -> ReadPage:
    return ReadPage(client.get(URL, answers).text)


def answer(page: ReadPage) -> Element:
    return page.section("answer-heading")


def suggestions(page: ReadPage) -> list[str]:
    return [article.all("h3")[0].text for article in answer(page).all("article", "suggestion")]
