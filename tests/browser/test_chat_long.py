"""A long conversation in Chromium: what is read stays where it is while earlier messages come."""

import asyncio
import re

import pytest
from django.db import transaction
from playwright.async_api import Locator, Page, expect

from apps.accounts.services import create_user
from apps.chat.models import Conversation, Message
from apps.chat.services.messages.versions import edit_question, show_version
from apps.stores.threads import in_thread
from tests.browser.counted_replies import PATIENCE
from tests.browser.visit import Visit
from tests.chat.exchanges import answer
from tests.chat.long_conversations import long_conversation

TURNS = 60
ADVICE = "\n\n".join(["Some *words* about it, in a paragraph that is long enough to take two lines or three."] * 3)
# The first message that is seen.
READ = """() => {
  const top = document.getElementById("scroller").getBoundingClientRect().top;
  return [...document.querySelectorAll(".message")].find((each) => each.getBoundingClientRect().bottom > top).id;
}"""
DISTANCE = "() => scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop"


def reply(turn: int) -> str:
    return f"Reply {turn}.\n\n{ADVICE}\n\n```python\nturn = {turn}\n```\n"


@in_thread
def make() -> Conversation:
    alice, _ = create_user(username="alice")
    return long_conversation(alice, TURNS, reply)


async def open_long(visit: Visit, query: str = "") -> Conversation:
    conversation = await make()
    await visit.sign_in("alice", path=f"{conversation.get_absolute_url()}{query}")
    return conversation


def earlier(page: Page) -> Locator:
    return page.get_by_role("link", name="Show earlier messages")


async def read_at(page: Page) -> tuple[Locator, float]:
    """The first message that is seen, and where it is."""
    message = page.locator(f"#{await page.evaluate(READ)}")
    return message, await top_of(message)


async def top_of(message: Locator) -> float:
    return float(await message.evaluate("each => each.getBoundingClientRect().top"))


def question(page: Page, turn: int) -> Locator:
    return page.locator(".message__body--plain", has_text=re.compile(f"^Question {turn}$"))


async def assert_all_are_there(page: Page) -> None:
    positions = await page.locator(".message").evaluate_all("all => all.map((each) => +each.dataset.position)")
    assert positions == list(range(1, 2 * TURNS + 1))


async def test_it_opens_at_its_end_and_is_light(visit: Visit) -> None:
    page = visit.page
    await open_long(visit)
    await expect(page.get_by_text(f"Reply {TURNS}.", exact=True)).to_be_in_viewport()
    assert await page.evaluate(DISTANCE) <= 1
    assert await page.locator(".message").count() == 20
    assert await page.evaluate("document.querySelectorAll('*').length") < 1_500
    assert await visit.accessibility_faults() == []


async def test_what_is_read_stays_when_earlier_messages_are_asked_for(visit: Visit) -> None:
    page = visit.page
    await open_long(visit)
    await page.evaluate("scroller.scrollTop = 0")
    for number in (40, 60, 80):
        message, top = await read_at(page)
        await earlier(page).evaluate("link => link.click()")
        await expect(page.locator(".message")).to_have_count(number)
        await page.wait_for_timeout(100)  # nothing comes after
        assert await top_of(message) == pytest.approx(top, abs=1)
        await page.evaluate("scroller.scrollTop = 0")


async def test_scrolling_up_brings_everything(visit: Visit) -> None:
    """By a wheel, which never turns back: what is seen first only ever gets earlier."""
    page = visit.page
    await open_long(visit)
    await page.mouse.move(640, 300)
    seen: list[int] = []
    async with asyncio.timeout(PATIENCE / 1000):
        while 1 not in seen:
            await page.mouse.wheel(0, -600)
            await page.wait_for_timeout(20)
            message, _ = await read_at(page)
            seen.append(int(await message.get_attribute("data-position") or 0))
    assert seen == sorted(seen, reverse=True)
    await assert_all_are_there(page)
    await expect(earlier(page)).to_have_count(0)


async def test_keyboard_goes_on_from_what_was_read(visit: Visit) -> None:
    page = visit.page
    await open_long(visit)
    first = page.locator(".message").first
    assert await first.get_attribute("data-position") == "101"
    await earlier(page).focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".message")).to_have_count(40)
    assert await page.evaluate("document.activeElement.dataset.position") == "100"
    await expect(page.locator("#announcer")).to_have_text("20 more messages are shown.")
    assert await visit.accessibility_faults() == []


@pytest.mark.parametrize("width", [360, 1280])
async def test_hit_far_up_is_shown_at_its_position(visit: Visit, width: int) -> None:
    page = visit.page
    await page.set_viewport_size({"width": width, "height": 740})
    conversation = await open_long(visit)
    await page.goto(f"{visit.site}/chat/search/?q=Reply+12")
    await page.locator(".found").get_by_role("link", name=conversation.title, exact=True).first.click()
    hit = page.locator(".message", has_text="Reply 12.")
    await expect(hit.get_by_text("Reply 12.")).to_be_in_viewport()
    assert await page.locator(".gap").count() == 2
    assert await visit.overflow() <= 0
    assert await visit.accessibility_faults() == []
    message, top = await read_at(page)
    await page.get_by_role("link", name="Show following messages").evaluate("link => link.click()")
    await expect(page.get_by_text("Reply 20.", exact=True)).to_have_count(1)
    assert await top_of(message) == pytest.approx(top, abs=1)
    await page.get_by_role("button", name="Jump to latest").click()
    await expect(page.get_by_role("button", name="Jump to latest")).to_be_hidden()
    assert await page.evaluate(DISTANCE) <= 1


async def test_scrolling_down_from_a_hit_reaches_the_end(visit: Visit) -> None:
    page = visit.page
    await open_long(visit, "?at=41")
    await expect(question(page, 21)).to_be_in_viewport()
    await page.mouse.move(640, 300)
    for _ in range(400):
        await page.mouse.wheel(0, 400)
        await page.wait_for_timeout(20)
        await expect(page.locator(".gap .htmx-request")).to_have_count(0)
        if await page.evaluate(DISTANCE) <= 1:
            break
    positions = await page.locator(".message").evaluate_all("all => all.map((each) => +each.dataset.position)")
    assert positions == list(range(positions[0], 2 * TURNS + 1))


async def test_address_of_a_message_that_is_not_on_the_page_leads_to_it(visit: Visit) -> None:
    page = visit.page
    conversation = await open_long(visit)
    message = await in_thread(conversation.messages.get)(position=7)
    await page.goto(f"{visit.site}{conversation.get_absolute_url()}#{message.dom_id}")
    await expect(question(page, 4)).to_be_in_viewport()


async def test_another_version_far_up_is_read_where_it_stands(visit: Visit) -> None:
    page = visit.page
    conversation = await make()

    @in_thread
    @transaction.atomic  # or a worker at hand would be first
    def ask_in_other_words() -> Message:
        question = conversation.thread.get(position=41)
        other = answer(edit_question(question=question, text="In other words"), "Yes.")
        show_version(message=question)
        return other.question

    other = await ask_in_other_words()
    await visit.sign_in("alice", path=f"{conversation.get_absolute_url()}?at=41")
    await expect(question(page, 21)).to_be_in_viewport()
    await page.get_by_role("button", name="Next version").click()
    await expect(page.locator(f"#{other.dom_id}")).to_be_in_viewport()
    top = await top_of(page.locator("[data-position='41']"))
    await page.get_by_role("button", name="Previous version").click()
    await expect(question(page, 21)).to_be_in_viewport()
    assert await top_of(page.locator("[data-position='41']")) == pytest.approx(top, abs=1)


async def test_messages_can_be_read_without_javascript(visit: Visit) -> None:
    conversation = await make()
    await visit.sign_in("alice")
    browser = visit.page.context.browser
    assert browser
    context = await browser.new_context(
        java_script_enabled=False, storage_state=await visit.page.context.storage_state()
    )
    page = await context.new_page()
    await page.goto(visit.site + conversation.get_absolute_url())
    await earlier(page).click()
    await expect(question(page, 50)).to_be_visible()
    await page.get_by_role("link", name="Show earlier messages").first.click()
    await expect(question(page, 44)).to_be_visible()
    await context.close()
