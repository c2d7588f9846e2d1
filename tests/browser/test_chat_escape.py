"""Escape closes what was opened last, and stops a reply only when nothing is open."""

import pytest
from playwright.async_api import Locator, Page, expect

from apps.chat.services.presets import load_presets
from apps.stores.threads import in_thread
from tests.browser.counted_replies import follow_a_count, is_under_way, last_reply
from tests.browser.visit import Visit


async def escape_closes(page: Page, opened: Locator) -> None:
    """Press Escape: ``opened`` goes away, and the reply goes on."""
    await expect(opened).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(opened).to_be_hidden()
    await expect(last_reply(page)).to_have_attribute("data-state", "running")


@pytest.mark.usefixtures("counting")
async def test_escape_closes_one_thing_after_another_before_it_stops_a_reply(visit: Visit) -> None:
    page = visit.page
    await in_thread(load_presets)()
    await follow_a_count(visit, to=600)
    await is_under_way(page)

    await page.get_by_role("link", name="Select conversations").click()
    selecting = page.get_by_role("form", name="Selected conversations")
    await expect(selecting).to_be_visible()
    await page.get_by_text("Edit", exact=True).click()
    question = page.get_by_role("textbox", name="Question")
    await expect(question).to_be_focused()
    await page.get_by_role("textbox", name="Message").press_sequentially("/")
    await escape_closes(page, page.get_by_role("listbox", name="Presets"))
    await question.focus()
    await escape_closes(page, question)
    await page.get_by_role("button", name="Conversation settings").click()
    await escape_closes(page, page.get_by_role("dialog", name="Conversation settings"))
    await page.get_by_role("checkbox").first.focus()
    await escape_closes(page, selecting)

    await page.keyboard.press("Escape")
    await expect(last_reply(page)).to_have_attribute("data-state", "cancelled")
