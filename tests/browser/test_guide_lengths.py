"""The lengths of the guide's pages: little at first sight, and the rest one step away, also by links and in print."""

import pytest
from channels.db import database_sync_to_async
from playwright.async_api import expect

from tests.browser.visit import Visit
from tests.support.shipped_guide import fill_guide

# Pixels at 1440 × 900. A third of what the pages were, with the navigation's height as the least.
LONGEST = {
    "/guide/models/7b-instruct/": 2_900,
    "/guide/models/70b-base/": 2_900,
    "/guide/benchmarks/": 4_500,
}
WORDS = 420  # of the overview, beside its table
VISIBLE_WORDS = """() => {
    const words = (element) => element.innerText.split(/\\s+/).filter(Boolean).length;
    const article = document.querySelector(".guide__article");
    return words(article) - words(article.querySelector(".comparison"));
}"""


async def test_pages_are_short_at_first_sight(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    page = visit.page
    await page.set_viewport_size({"width": 1440, "height": 900})
    for path, longest in LONGEST.items():
        await visit.open(path)
        assert await page.evaluate("document.documentElement.scrollHeight") <= longest, path
    await visit.open("/guide/")
    assert 200 < await page.evaluate(VISIBLE_WORDS) <= WORDS


@pytest.mark.parametrize(
    ("path", "anchor", "text"),
    [
        ("/guide/benchmarks/", "apps", "APPS"),
        ("/guide/benchmarks/", "key-retrieval", "Key retrieval"),
        ("/guide/models/7b-instruct/", "source-paper", "Code Llama: Open Foundation Models for Code"),
        ("/guide/", "source-card", "Code Llama reference repository: model card"),
    ],
)
async def test_a_link_to_something_folded_opens_it(visit: Visit, path: str, anchor: str, text: str) -> None:
    await database_sync_to_async(fill_guide)()
    target = visit.page.locator(f"#{anchor}")
    await visit.open(path)
    await expect(target).to_be_hidden()
    await visit.page.goto(visit.site + path + "#" + anchor)
    await expect(target).to_be_in_viewport()
    await expect(target).to_contain_text(text)


async def test_print_shows_what_is_folded(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    folded = {
        "/guide/benchmarks/": ["#apps", "#mbpp-scores", "#apps-differences"],
        "/guide/models/7b-instruct/": ["#source-paper", "text=Key found in 8,000 tokens, after a fifth"],
        "/guide/": ["#source-card"],
    }
    for path, selectors in folded.items():
        await visit.page.emulate_media(media="screen")
        await visit.open(path)
        for selector in selectors:
            await expect(visit.page.locator(selector)).to_be_hidden()
        await visit.page.emulate_media(media="print")
        for selector in selectors:
            await expect(visit.page.locator(selector)).to_be_visible()


async def test_folded_parts_open_by_keyboard_and_are_accessible(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    await visit.page.emulate_media(color_scheme="light")
    await visit.open("/guide/benchmarks/")
    more = visit.page.locator(".benchmarks-more > summary")
    await expect(more).to_contain_text("8 more benchmarks: HumanEval infilling,")
    await more.press("Enter")
    await expect(visit.page.locator("#apps")).to_be_visible()
    table = visit.page.locator("section", has=visit.page.locator("#apps")).locator("summary")
    await table.press("Enter")
    await expect(visit.page.locator("#apps-scores")).to_be_visible()
    assert await visit.accessibility_faults() == []
    assert await visit.colour_faults() == []
    await visit.page.set_viewport_size({"width": 360, "height": 640})
    assert await visit.overflow() <= 0
