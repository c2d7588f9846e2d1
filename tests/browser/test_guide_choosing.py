"""Choosing and comparing models in Chromium: accessible in every state, narrow enough, by keyboard, kept in the URL."""

from urllib.parse import parse_qs, urlsplit

from channels.db import database_sync_to_async
from playwright.async_api import expect

from tests.browser.visit import Visit
from tests.support.shipped_guide import fill_guide

CHOICE = "/guide/choose/?task=chat&gpu=24&context=16384"
WIDE = "/guide/compare/?pick=7b-base&pick=34b-instruct&pick=70b-instruct&pick=python&sort=-layers"
# Few rows: axe takes seconds for hundreds of cells.
SHORT = "/guide/compare/?pick=7b-base&pick=7b-instruct&only=differences&sort=-humaneval-pass-1&colour=blue"


async def test_choosing_and_comparing_are_accessible(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    for path in [f"{CHOICE}&mood=good", SHORT]:
        await visit.page.emulate_media(color_scheme="light")
        await visit.open(path)
        await expect(visit.page.locator("main h1")).to_be_visible()
        assert await visit.accessibility_faults() == []
        assert await visit.colour_faults() == []


async def test_both_fit_a_small_phone(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    await visit.page.set_viewport_size({"width": 360, "height": 640})
    for path in [CHOICE, WIDE, SHORT]:
        await visit.open(path)
        await expect(visit.page.locator("main h1")).to_be_visible()
        assert await visit.overflow() <= 0
    await expect(visit.page.locator(".compare__table .table__who").first).to_be_visible()
    assert await visit.accessibility_faults() == []


async def test_tables_become_cards_on_a_small_phone_and_stay_tables(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    for path, name in {"/guide/": "Three variants, feature by feature", "/guide/models/": "Figures by model"}.items():
        await visit.page.set_viewport_size({"width": 1280, "height": 800})
        await visit.open(path)
        who = visit.page.get_by_role("table", name=name).locator(".table__who").first
        await expect(who).to_be_hidden()
        await visit.page.set_viewport_size({"width": 360, "height": 640})
        await expect(who).to_be_visible()
        assert await visit.overflow() <= 0


async def test_the_whole_comparison_is_printed_with_its_sources(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    await visit.page.set_viewport_size({"width": 794, "height": 1123})  # A4
    await visit.open(SHORT)
    box, address = visit.page.locator("#compare-box"), visit.page.locator(".sources__url").first
    hidden = "box => box.scrollHeight - box.clientHeight"
    assert await box.evaluate(hidden) > 0, "on the screen the box scrolls"
    await expect(address).to_be_hidden()
    await visit.page.emulate_media(media="print")
    assert await box.evaluate(hidden) <= 0
    await expect(address).to_be_visible()


async def test_an_answer_given_by_keyboard_changes_the_recommendation_and_the_address(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    await visit.open("/guide/choose/?task=complete&after=no")
    first = visit.page.locator(".suggestion--first h3")
    await expect(first).to_contain_text("Code Llama 70B")
    await visit.page.get_by_label("No, it writes on").focus()
    await visit.page.keyboard.press("ArrowDown")
    await expect(first).to_contain_text("Code Llama 13B")
    await visit.page.wait_for_url("**after=yes**")
    assert parse_qs(urlsplit(visit.page.url).query)["after"] == ["yes"]
    await expect(visit.page.get_by_label("Yes, it fills a gap")).to_be_focused()
    await visit.page.reload()
    await expect(first).to_contain_text("Code Llama 13B")


async def test_a_pick_by_keyboard_keeps_the_focus_and_the_address(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    await visit.open("/guide/compare/?pick=7b-base&pick=13b-base")
    heads = visit.page.locator(".compare__table thead th")
    await expect(heads).to_have_count(3)
    box = visit.page.locator("#pick-34b-base")
    await box.focus()
    await visit.page.keyboard.press("Space")
    await expect(heads).to_have_count(4)
    await expect(box).to_be_focused()
    assert parse_qs(urlsplit(visit.page.url).query)["pick"] == ["7b-base", "13b-base", "34b-base"]
