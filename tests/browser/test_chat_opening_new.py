"""The page of a new conversation opens in the page that is there, and Back leads out."""

import asyncio
import re

import pytest
from playwright.async_api import Locator, Page, Route, expect

from apps.chat.models import Conversation, Preset
from apps.chat.services.presets import load_presets
from apps.stores.threads import in_thread
from tests.browser.counted_replies import PATIENCE, held_count, is_under_way, is_written
from tests.browser.listed_conversations import conversations
from tests.browser.new_conversation import assert_is_new
from tests.browser.test_chat_opening import (
    CONNECTED,
    SOCKETS,
    assert_same_page,
    assert_shows,
    at,
    listed,
    message,
    remember_page,
)
from tests.browser.visit import Visit

OPEN_SOCKETS = "sockets.filter(({ readyState }) => readyState <= WebSocket.OPEN).length"


def current(page: Page) -> Locator:
    return page.locator("#conversations [aria-current]")


def system_prompt(page: Page) -> Locator:
    return page.get_by_role("textbox", name="System prompt")


async def test_new_conversation_and_another_take_turns(visit: Visit) -> None:
    page = visit.page
    first, second, _ = await conversations()
    await page.add_init_script(SOCKETS)
    await visit.sign_in("alice")
    await remember_page(page)
    await message(page).fill("half a question")
    await listed(page, first).click()
    await assert_shows(page, first)
    await expect(page.locator(".empty")).to_have_count(0)
    await expect(message(page)).to_have_value("")
    await expect(message(page)).to_be_focused()
    await page.wait_for_function(f"() => {CONNECTED}", timeout=PATIENCE)
    assert await visit.accessibility_faults() == []
    await page.go_back()
    await assert_is_new(page)
    await expect(current(page)).to_have_text("New conversation")
    await expect(message(page)).to_have_value("half a question")
    await expect(message(page)).to_be_focused()
    await page.wait_for_function(f"() => ({OPEN_SOCKETS}) === 0")  # a new conversation has nothing to follow
    await page.go_forward()
    await assert_shows(page, first)
    await listed(page, second).click()
    await assert_shows(page, second)
    await page.get_by_role("link", name="New conversation").click()
    await assert_is_new(page)
    await expect(message(page)).to_have_value("half a question")
    assert await visit.accessibility_faults() == []
    await assert_same_page(page)


async def test_everything_works_in_the_conversation_that_opened(visit: Visit, counting: None) -> None:
    page = visit.page
    first, *_ = await conversations()
    await visit.sign_in("alice")
    await remember_page(page)
    await listed(page, first).click()
    await assert_shows(page, first)
    await message(page).fill(held_count(60))
    await message(page).press("Enter")
    await is_under_way(page)
    await message(page).fill("One thing more")
    await page.get_by_role("button", name="Queue").click()
    await expect(page.get_by_role("group", name="Queued message")).to_contain_text("One thing more")
    await page.get_by_role("button", name="Remove the queued message").click()
    await expect(message(page)).to_have_value("One thing more")
    await is_written(page)
    await message(page).fill(held_count(50))
    await message(page).press("Enter")
    await is_under_way(page)
    await page.keyboard.press("Escape")
    reply = page.locator('article[data-role="assistant"]').last
    await expect(reply).to_have_attribute("data-state", "cancelled")
    await page.get_by_role("link", name="Skip to the latest reply").press("Enter")
    await expect(reply).to_be_focused()
    await reply.get_by_role("button", name="Retry").click()
    await is_under_way(page)
    await is_written(page, to=50)
    await assert_same_page(page)


async def test_first_message_goes_with_the_settings_that_were_chosen_before(visit: Visit, counting: None) -> None:
    page = visit.page
    first, *_ = await conversations()
    await visit.sign_in("alice")
    await remember_page(page)
    await page.get_by_role("button", name="Conversation settings").click()
    await system_prompt(page).fill("Answer in one line.")
    await page.keyboard.press("Escape")
    await listed(page, first).click()
    await assert_shows(page, first)
    await page.get_by_role("button", name="Conversation settings").click()
    await expect(system_prompt(page)).to_have_value("")
    await page.keyboard.press("Escape")
    await page.go_back()
    await assert_is_new(page)
    await page.get_by_role("button", name="Conversation settings").click()
    await expect(system_prompt(page)).to_have_value("Answer in one line.")
    await page.keyboard.press("Escape")
    await assert_same_page(page)
    await message(page).fill("count to 5 at 20 per second")
    await message(page).press("Enter")
    await expect(page.get_by_role("article").last).to_contain_text("1 2 3 4 5")
    await expect(page.get_by_role("article")).to_have_count(2)
    made = await in_thread(lambda: Conversation.objects.exclude(title__in=[first.title]).latest("created_at"))()
    assert made.system_prompt == "Answer in one line."
    await expect(page).to_have_url(at(made))


async def test_preset_in_the_address_is_there_after_going_back(visit: Visit) -> None:
    page = visit.page
    first, *_ = await conversations()
    await in_thread(load_presets)()
    debug = await in_thread(Preset.objects.get)(name="Debug")
    await visit.sign_in("alice", path=f"/chat/?preset={debug.pk}")
    await remember_page(page)
    around = re.compile(r"^This code does not .*What happens", re.DOTALL)
    await expect(message(page)).to_have_value(around)
    await page.keyboard.insert_text("x = 1")  # where the code belongs
    written = await message(page).input_value()
    await listed(page, first).click()
    await assert_shows(page, first)
    await expect(message(page)).to_have_value("")
    await page.go_back()
    await assert_is_new(page)
    await expect(message(page)).to_have_value(written)
    await page.get_by_role("button", name="Conversation settings").click()
    await expect(system_prompt(page)).to_have_value(re.compile("^You find mistakes in code"))
    await page.keyboard.press("Escape")
    await page.get_by_role("link", name="Explain code").click()
    await expect(message(page)).to_have_value("Explain what this code does, step by step:\n\nx = 1")
    await assert_same_page(page)


async def test_starters_of_the_guide_work_where_it_opened(visit: Visit) -> None:
    page = visit.page
    first, *_ = await conversations()
    await visit.sign_in("alice", path=first.get_absolute_url())
    await remember_page(page)
    await page.get_by_role("link", name="New conversation").click()
    await assert_is_new(page)
    await page.get_by_role("link", name="Ask the guide", exact=True).click()
    await assert_is_new(page, "Ask the guide")
    await expect(page.get_by_text("Answers from the guide")).to_be_visible()
    await expect(current(page)).to_have_count(0)
    await page.get_by_role("link", name="What is infilling?").click()
    await expect(message(page)).to_have_value("What is infilling?")
    await page.go_back()
    await assert_is_new(page)
    await expect(page.get_by_text("Answers from the guide")).to_have_count(0)
    await page.go_back()
    await assert_shows(page, first)
    await assert_same_page(page)


async def test_entry_made_by_a_hash_is_restored_too(visit: Visit) -> None:
    page = visit.page
    first, second, _ = await conversations()
    await visit.sign_in("alice", path=first.get_absolute_url())
    await remember_page(page)
    await page.get_by_role("link", name="Skip to the message").press("Enter")
    await expect(page).to_have_url(re.compile("#message$"))
    await listed(page, second).click()
    await assert_shows(page, second)
    await page.go_back()
    await assert_shows(page, first)
    await expect(page).to_have_url(re.compile("#message$"))
    await assert_same_page(page)


@pytest.mark.parametrize("last", ["second", "shown"])
async def test_only_the_last_of_two_requests_counts(visit: Visit, last: str) -> None:
    page = visit.page
    first, second, shown = await conversations()
    await visit.sign_in("alice", path=shown.get_absolute_url())
    await listed(page, first).click()
    await assert_shows(page, first)
    await listed(page, shown).click()
    await assert_shows(page, shown)
    await remember_page(page)
    held: list[Route] = []
    address = re.compile(f"/chat/({first.pk}|{second.pk})/$")

    async def hold(route: Route) -> None:
        held.append(route)

    await page.route(address, hold)
    busy = page.locator("#transcript")
    if last == "second":
        async with page.expect_event("requestfailed"):  # the first is given up
            await listed(page, first).click()
            await expect(busy).to_have_attribute("aria-busy", "true")
            await listed(page, second).click()
        await expect(busy).to_have_attribute("aria-busy", "true")
        async with asyncio.timeout(PATIENCE / 1000):
            while len(held) < 2:
                await page.wait_for_timeout(30)
        await held[-1].continue_()
        await assert_shows(page, second)
    else:
        async with page.expect_event("requestfailed"):
            await page.evaluate("history.back()")
            await expect(busy).to_have_attribute("aria-busy", "true")
            await page.evaluate("history.forward()")
        await page.unroute(address)
        await assert_shows(page, shown)
    await expect(busy).not_to_have_attribute("aria-busy", "true")
    await assert_same_page(page)
