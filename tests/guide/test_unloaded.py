"""The guide before it has content, and the first load."""

from http import HTTPStatus

import pytest
from django.core.management import call_command
from django.test import Client

from apps.guide.models import Source
from apps.guide.services.load import Report, load_guide
from apps.guide.services.tables import TABLES

pytestmark = pytest.mark.django_db

TOOLS = ["/guide/", "/guide/choose/?task=chat", "/guide/compare/", "/guide/hardware/", "/guide/benchmarks/"]
JSON = ["/guide/choose.json", "/guide/compare.json", "/guide/compare.csv", "/guide/hardware.json"]
PAGES = ["/guide/context/", "/guide/glossary/", "/guide/sources/", "/guide/models/7b-base/"]


def everything() -> list[tuple[str, object]]:
    return [(f"{table.name} {row.identity}", row.content()) for table in TABLES for row in table.model.rows()]


@pytest.fixture(autouse=True)
def unloaded(db: None) -> None:
    """Have the guide's tables empty."""
    assert not Source.objects.exists()


def test_the_tools_say_what_to_do(client: Client) -> None:
    for url in TOOLS:
        response = client.get(url)
        assert response.status_code == HTTPStatus.OK
        assert "./workbench load_guide" in response.text, url


def test_json_and_csv_say_so(client: Client) -> None:
    for url in JSON:
        assert client.get(url).status_code == HTTPStatus.SERVICE_UNAVAILABLE, url
    assert client.get("/guide/hardware.json").json()["error"]["message"] == "The guide has no content yet."


def test_the_other_pages_are_not_there(client: Client) -> None:
    for url in PAGES:
        assert client.get(url).status_code == HTTPStatus.NOT_FOUND, url


def test_the_front_page_works(client: Client) -> None:
    response = client.get("/")
    assert response.status_code == HTTPStatus.OK
    assert "Three variants" not in response.text


def test_nothing_is_found(client: Client) -> None:
    assert "No results for" in client.get("/guide/search/?q=licence").text


def test_loading_twice_changes_nothing_the_second_time(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_guide")
    loaded = everything()
    assert len(loaded) > 900
    assert capsys.readouterr().out == f"Guide: {len(loaded)} created, 0 updated, 0 removed, 0 unchanged.\n"
    assert load_guide() == Report(unchanged=len(loaded))
    assert everything() == loaded
