"""The composer's room: it grows with its text to a limit, stays above a phone's keyboard, and bears a long text."""

import re

from playwright.async_api import Browser, Locator, expect

from apps.chat.models import Conversation, Message
from apps.stores.threads import in_thread
from tests.browser.counted_replies import have_failed_after_three
from tests.browser.visit import Visit

# The behaviour of an iPhone: the window keeps its height, the keyboard lies over it.
KEYBOARD = """height => {
  Object.defineProperty(visualViewport, "height", {configurable: true, value: innerHeight - height});
  visualViewport.dispatchEvent(new Event("resize"));
}"""
WITHOUT_FIELD_SIZING = """const supports = CSS.supports.bind(CSS);
CSS.supports = (name, ...rest) => name === "field-sizing" ? false : supports(name, ...rest);"""
LINES = "\n".join(f"x_{number} = {number}" for number in range(5_000))
TYPE = """async text => {
  const input = document.getElementById("message");
  input.setRangeText(text, input.value.length, input.value.length, "end");
  input.dispatchEvent(new Event("input", {bubbles: true}));
  await new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}"""


def message(visit: Visit) -> Locator:
    return visit.page.get_by_role("textbox", name="Message")


async def height(locator: Locator) -> float:
    box = await locator.bounding_box()
    assert box is not None
    return box["height"]


async def test_it_grows_to_a_limit(visit: Visit) -> None:
    for scripts in ([], [WITHOUT_FIELD_SIZING]):
        for script in scripts:
            await visit.page.add_init_script(script)
        await visit.sign_in("alice", path="/chat/")
        heights = []
        for lines in (1, 3, 200):
            await message(visit).fill("x\n" * (lines - 1) + "x")
            heights.append(await height(message(visit)))
        assert heights[0] < heights[1] < heights[2] <= 321
        await expect(visit.page.get_by_role("button", name="Send")).to_be_in_viewport()
        await message(visit).fill("")
        assert await height(message(visit)) == heights[0]


async def test_it_stands_above_a_keyboard_that_covers_the_page(visit: Visit) -> None:
    await visit.page.set_viewport_size({"width": 390, "height": 800})
    await visit.sign_in("alice", path="/chat/")
    send = visit.page.get_by_role("button", name="Send")
    before = await send.bounding_box()
    await visit.page.evaluate(KEYBOARD, 300)
    after = await send.bounding_box()
    assert before is not None
    assert after is not None
    assert after["y"] + after["height"] < 500 < before["y"]
    assert await visit.overflow() == 0
    await visit.page.evaluate(KEYBOARD, 0)
    restored = await send.bounding_box()
    assert restored is not None
    assert restored["y"] > 500  # about where it was: the line below it may have changed
    assert await message(visit).evaluate("element => getComputedStyle(element).fontSize") == "16px"  # or iOS zooms in


async def test_it_bears_five_thousand_lines(visit: Visit) -> None:
    await visit.sign_in("alice", path="/chat/")
    await visit.page.evaluate(TYPE, LINES)
    await visit.page.evaluate(TYPE, "y")
    await expect(message(visit)).to_have_value(f"{LINES}y")
    await visit.page.reload()
    await expect(message(visit)).to_have_value(f"{LINES}y")


async def test_arrow_up_in_an_empty_message_edits_the_last_question(visit: Visit) -> None:
    conversation = await have_failed_after_three(10)
    await visit.sign_in("alice", path=conversation.get_absolute_url())
    await message(visit).fill("words")
    await message(visit).press("ArrowUp")
    editor = visit.page.get_by_role("textbox", name="Question")
    await expect(editor).to_be_hidden()
    await message(visit).fill("")
    await message(visit).press("ArrowUp")
    await expect(editor).to_be_focused()
    await expect(editor).to_have_value(re.compile("count to 10 at 20 per second"))


async def test_enter_starts_a_new_line_on_touch(chromium: Browser, visit: Visit) -> None:
    await visit.sign_in("alice", path="/chat/")
    context = await chromium.new_context(
        has_touch=True,
        is_mobile=True,
        viewport={"width": 390, "height": 800},
        storage_state=await visit.page.context.storage_state(),
    )
    page = await context.new_page()
    await page.goto(f"{visit.site}/chat/")
    await page.get_by_role("textbox", name="Message").fill("one")
    await page.keyboard.press("Enter")
    await page.keyboard.type("two")
    await expect(page.get_by_role("textbox", name="Message")).to_have_value("one\ntwo")
    assert not await in_thread(Conversation.objects.exists)()
    await page.keyboard.press("Control+Enter")
    await page.wait_for_url("**/chat/*-*/")
    assert await in_thread(Message.objects.filter(question="one\ntwo").exists)()
    await context.close()
