"""Choosing and comparing models in Chromium: accessible in every state, narrow enough, by keyboard, kept in the URL."""

from urllib.parse import parse_qs, urlsplit

from channels.db import database_sync_to_async
from playwright.async_api import expect

from tests.browser.visit import Visit
from tests.support.shipped_guide import fill_guide

CHOICE = "/guide/choose/?task=chat&gpu=24&context=16384"


async def test_choosing_is_accessible(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    await visit.open(f"{CHOICE}&mood=good")
    await expect(visit.page.locator("main h1")).to_be_visible()
    assert await visit.accessibility_faults() == []
    assert await visit.colour_faults() == []


async def test_it_fits_a_small_phone(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    await visit.page.set_viewport_size({"width": 360, "height": 640})
    await visit.open(CHOICE)
    await expect(visit.page.locator("main h1")).to_be_visible()
    assert await visit.overflow() <= 0
    assert await visit.accessibility_faults() == []


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
