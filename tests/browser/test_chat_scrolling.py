"""The end of a reply is followed while the reader is there, and nobody is pulled there who is not."""

import asyncio
import re
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from apps.accounts.services import create_user
from apps.chat.models import Conversation
from apps.chat.services.messages.send import start_conversation
from apps.stores.threads import in_thread
from tests.browser.counted_replies import PATIENCE, last_reply
from tests.browser.visit import Visit
from tests.chat.exchanges import answered_conversation

AT_END = "() => scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop <= 1"
HEIGHT = "() => scroller.scrollHeight"
PLACE = "() => scroller.scrollTop"
QUESTION_AT_TOP = """() => {
  const question = [...document.querySelectorAll('.message[data-role="user"]')].at(-1);
  return Math.abs(question.getBoundingClientRect().top - scroller.getBoundingClientRect().top - 16) < 1;
}"""
ROOM_IS_LEFT = "() => scroller.lastElementChild.clientHeight > 0"

type Move = Callable[[Page], Awaitable[object]]


@in_thread
def ask(text: str) -> Conversation:
    alice, _ = create_user(username="alice")
    return start_conversation(owner=alice, text=text).conversation


@in_thread
def answered() -> Conversation:
    alice, _ = create_user(username="alice")
    return answered_conversation(alice, "What?", "\n\n".join(f"Paragraph {number}." for number in range(80)))


async def follow_a_long_reply(visit: Visit, asked: str = "say months 6 times at 20 per second") -> None:
    """Until it is longer than its window."""
    conversation = await ask(asked)
    await visit.sign_in("alice", path=conversation.get_absolute_url())
    await until(visit.page, "() => scroller.scrollHeight > 1.5 * scroller.clientHeight")


async def until(page: Page, condition: str) -> None:
    """Wait for a condition, a function in JavaScript."""
    async with asyncio.timeout(PATIENCE / 1000):
        while not await page.evaluate(condition):
            await page.wait_for_timeout(30)


async def come_to_rest(page: Page) -> None:
    """Wait until a key's smooth scrolling or a finger's fling is over, however slow the machine draws it."""
    await page.evaluate("""async () => {
      for (let still = 0, before; still < 20; before = scroller.scrollTop) {
        await new Promise(requestAnimationFrame);
        still = scroller.scrollTop === before ? still + 1 : 0;
      }
    }""")


async def grow(page: Page) -> None:
    """Wait until more has been written."""
    height = await page.evaluate(HEIGHT)
    await until(page, f"() => scroller.scrollHeight > {height} + 60")


async def wheel(page: Page) -> None:
    await page.mouse.move(640, 300)
    await page.mouse.wheel(0, -10)


async def press(page: Page) -> None:
    await page.get_by_role("region", name="Messages").focus()
    await page.keyboard.press("PageUp")


async def touch(page: Page) -> None:
    session = await page.context.new_cdp_session(page)
    await session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    await session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": 640, "y": 300}]})
    for y in range(320, 460, 20):
        await session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": 640, "y": y}]})
    await session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


async def drag_the_bar(page: Page) -> None:
    """Scroll without a wheel or a key, like find-in-page.

    From the end: elsewhere it may go nowhere.
    """
    await until(page, AT_END)
    await page.evaluate("scroller.scrollTop -= 200")


async def focus(page: Page) -> None:
    await last_reply(page).get_by_role("link").first.focus()


async def select(page: Page) -> None:
    await last_reply(page).locator("p").first.evaluate("words => getSelection().selectAllChildren(words)")


@pytest.mark.parametrize("move", [wheel, press, touch, drag_the_bar, focus, select])
async def test_whoever_goes_up_or_holds_on_is_left_there(visit: Visit, counting: None, move: Move) -> None:
    page = visit.page
    await follow_a_long_reply(visit)
    await until(page, AT_END)
    await move(page)
    await expect(page.get_by_role("button", name="Jump to latest")).to_be_visible(timeout=PATIENCE)
    await come_to_rest(page)
    place = await page.evaluate(PLACE)
    await grow(page)
    assert await page.evaluate(PLACE) == place
    jump = page.get_by_role("button", name="Jump to latest", exact=True)
    await expect(jump).to_have_attribute("aria-description", re.compile("new line"), timeout=PATIENCE)
    await jump.click()
    await expect(jump).to_be_hidden()
    await grow(page)
    await until(page, AT_END)


async def test_end_is_followed_however_fast_it_goes(visit: Visit, counting: None) -> None:
    """Text that grows by more than a screen between two frames must not count as scrolling up."""
    page = visit.page
    await follow_a_long_reply(visit, "say months at 1000 per second")
    await expect(last_reply(page)).to_have_attribute("data-state", "succeeded", timeout=PATIENCE)
    await expect(page.get_by_role("button", name="Jump to latest")).to_be_hidden()
    await until(page, AT_END)


async def test_going_to_the_end_takes_hold_of_it(visit: Visit, counting: None) -> None:
    page = visit.page
    await follow_a_long_reply(visit)
    await drag_the_bar(page)
    await expect(page.get_by_role("button", name="Jump to latest")).to_be_visible()
    await page.get_by_role("region", name="Messages").focus()
    await page.keyboard.press("End")  # once, to where the end was then
    await grow(page)
    await until(page, AT_END)


async def test_who_asks_is_taken_to_the_answer(visit: Visit, counting: None) -> None:
    page = visit.page
    conversation = await answered()
    await visit.sign_in("alice", path=conversation.get_absolute_url())
    await page.evaluate("scroller.scrollTop = 0")
    await expect(page.get_by_role("button", name="Jump to latest")).to_be_visible()
    await page.get_by_role("textbox", name="Message").fill("say months 6 times at 20 per second")
    await page.keyboard.press("Enter")
    await expect(last_reply(page).locator(".message__body")).to_contain_text("Twelve months", timeout=PATIENCE)
    await until(page, AT_END)


async def test_nothing_moves_for_who_does_not_want_it(visit: Visit, counting: None) -> None:
    page = visit.page
    await page.emulate_media(reduced_motion="reduce")
    await follow_a_long_reply(visit)
    await expect(last_reply(page)).to_have_attribute("data-state", "running")
    assert await page.evaluate("document.getAnimations().length") == 0
    await drag_the_bar(page)
    await page.get_by_role("button", name="Jump to latest").click()
    await until(page, AT_END)


async def test_who_reads_first_keeps_the_question_at_the_top(visit: Visit, counting: None) -> None:
    page = visit.page
    conversation = await answered()
    await visit.sign_in("alice", path=conversation.get_absolute_url())
    await page.get_by_role("button", name="Conversation settings").press("Enter")
    await page.get_by_role("checkbox", name="Keep the question at the top").press("Space")
    assert await visit.accessibility_faults() == []
    await page.keyboard.press("Escape")
    await page.get_by_role("textbox", name="Message").fill("say months 6 times at 20 per second")
    await page.keyboard.press("Enter")
    await expect(last_reply(page).locator(".message__body")).to_contain_text("Twelve", timeout=PATIENCE)
    await until(page, QUESTION_AT_TOP)
    await until(page, f"() => !({ROOM_IS_LEFT})() || ({AT_END})()")  # as much as it takes
    jump = page.get_by_role("button", name="Jump to latest", exact=True)
    await expect(jump).to_be_visible(timeout=PATIENCE)  # it has grown out of the window
    await grow(page)
    assert await page.evaluate(QUESTION_AT_TOP)
    await page.reload()
    await until(page, QUESTION_AT_TOP)
    await jump.click()
    await expect(jump).to_be_hidden()
    await grow(page)
    await until(page, AT_END)
    await drag_the_bar(page)
    await expect(jump).to_be_visible()
    place = await page.evaluate(PLACE)
    await grow(page)
    assert await page.evaluate(PLACE) == place
