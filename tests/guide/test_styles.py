"""The guide's pages load the style sheets that they use, and no others."""

import re
from collections.abc import Iterable

import pytest
from django.conf import settings
from django.test import Client

from apps.accounts.models import User
from apps.guide.navigation import all_entries
from tests.guide.reading import ReadPage

CSS = settings.BASE_DIR / "static" / "css"
# Styles whose elements, attributes and custom properties a page uses, not only their classes.
FOR_ALL = {"tokens.css", "base.css", "shell.css", "components/chip.css"}
# Messages come and go on pages that people fill in.
FOR_MESSAGES = {"components/banner.css", "components/toast.css"}
# Pages, with answers that show what a page may show.
PAGES = {
    "/": [],
    **{entry.url: [] for entry in all_entries()},
    "/guide/choose/": ["?task=chat&language=python&context=16384", "?task=chat&cards=nonsense"],
    "/guide/compare/": ["?pick=base&pick=70b-instruct&only=differences"],
    "/guide/hardware/": ["?model=7b-base&gpu=a100-80", "?model=70b-base"],
    "/guide/prompting/": ["?kind=nonsense"],
    "/guide/search/": ["?q=licence"],
    "/guide/report/": ["?page=/guide/"],
    "/guide/no-such-page/": [],
}


def classes_in(sheet: str) -> set[str]:
    without_comments = re.sub(r"/\*.*?\*/", "", (CSS / sheet).read_text(), flags=re.DOTALL)
    selectors = re.sub(r"{[^{}]*}", "{}", without_comments)
    return set(re.findall(r"\.(-?[a-zA-Z_][\w-]*)", selectors))


SHEETS = {path.relative_to(CSS).as_posix(): classes_in(path.relative_to(CSS).as_posix()) for path in CSS.rglob("*.css")}


def sheet_of(name: str) -> str | None:
    """The component that a class belongs to: the one of its name, or the only one that mentions it."""
    named = f"components/{re.split('__|--', name)[0]}.css"
    mentioning = [sheet for sheet, classes in SHEETS.items() if name in classes]
    if named in SHEETS:
        return named if named in mentioning else None
    return mentioning[0] if len(mentioning) == 1 and mentioning[0].startswith("components/") else None


def used_and_loaded(pages: Iterable[ReadPage]) -> tuple[set[str], list[str]]:
    """The classes on all of the pages together, and the sheets of the last."""
    used: set[str] = set()
    loaded: list[str] = []
    for page in pages:
        used |= {name for element in page.root.all("[class]") for name in element.attributes["class"].split()}
        links = [link.attributes for link in page.root.all("link") if link.attributes.get("rel") == "stylesheet"]
        loaded = [re.sub(r"^/static/css/|\.[0-9a-f]{12}(?=\.css$)", "", link["href"]) for link in links]
    return used, loaded


def faults_of(client: Client, url: str, more: list[str]) -> list[str]:
    used, loaded = used_and_loaded(ReadPage(client.get(url + query).text) for query in ["", *more])
    needed = {sheet for name in used if (sheet := sheet_of(name))}
    idle = {sheet for sheet in loaded if not SHEETS[sheet] & used} - FOR_ALL - FOR_MESSAGES
    twice = {sheet for sheet in loaded if loaded.count(sheet) > 1}
    return [
        *(f"needs {sheet}" for sheet in needed - set(loaded)),
        *(f"does not use {sheet}" for sheet in idle),
        *(f"loads {sheet} twice" for sheet in twice),
    ]


def test_classes_are_traced_to_their_components() -> None:
    assert sheet_of("table__group") == "components/table.css"
    assert sheet_of("prompt__token") == "components/prompt.css"
    assert sheet_of("guide__lead") is None


def test_every_page_loads_the_sheets_that_it_uses(guide: None, client: Client) -> None:
    assert len(PAGES) > 30
    assert {url: faults for url, more in PAGES.items() if (faults := faults_of(client, url, more))} == {}


def test_people_who_are_signed_in_see_their_search_styled(guide: None, client: Client, alice: User) -> None:
    client.force_login(alice)
    assert faults_of(client, "/guide/search/", ["?q=licence"]) == []


@pytest.mark.parametrize(
    ("url", "has_htmx"), [("/guide/", False), ("/guide/context/", False), ("/guide/compare/", True)]
)
def test_htmx_is_loaded_where_it_is_used(guide: None, client: Client, url: str, *, has_htmx: bool) -> None:
    text = client.get(url).text
    assert ("hx-get" in text) == has_htmx
    scripts = [script.attributes.get("src", "") for script in ReadPage(text).root.all("script")]
    assert any("htmx" in source for source in scripts) == has_htmx
