"""Code in Chromium: folded in a question, and copied without a line end."""

import pytest
from playwright.async_api import Locator, expect

from apps.accounts.services import create_user
from apps.chat.models import Conversation
from apps.stores.threads import in_thread
from tests.browser.visit import Visit
from tests.chat.exchanges import answered_conversation


@in_thread
def answered(question: str, reply: str) -> Conversation:
    alice, _ = create_user(username="alice")
    return answered_conversation(alice, question, reply)


async def height_of(message: Locator) -> float:
    """Return the height alone: the place depends on the composer below, which grows with what it says."""
    return float(await message.evaluate("message => message.getBoundingClientRect().height"))


async def test_long_code_in_a_question_is_folded(visit: Visit) -> None:
    page = visit.page
    code = "".join(f"line_{number} = {number}\n" for number in range(1, 201))
    conversation = await answered(f"Why is *this* slow?\n\n```python\n{code}```\n\nThanks.", "It counts.")
    await visit.sign_in("alice", path=conversation.get_absolute_url())
    question = page.locator('.message[data-role="user"]')
    await expect(question).to_contain_text("Why is *this* slow?")
    assert await height_of(question) < 600
    assert await visit.accessibility_faults() == []
    fold = question.locator("summary", has_text="Show all 200 lines")
    await fold.press("Enter")
    await expect(question.locator(".code-block__fold")).to_have_attribute("open", "")
    assert await height_of(question) > 3_000
    await expect(question.get_by_text("Show fewer lines")).to_be_visible()
    await fold.press("Enter")
    await expect(question.locator(".code-block__fold")).not_to_have_attribute("open", "")
    assert await height_of(question) < 600
    for width in (768, 360):
        await page.set_viewport_size({"width": width, "height": 800})
        assert await visit.overflow() <= 0
    assert await visit.colour_faults() == []


@pytest.mark.parametrize("code", ["rm -r build", "one\ntwo"])
async def test_copied_code_has_no_line_end_at_its_end(visit: Visit, code: str) -> None:
    page = visit.page
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    conversation = await answered("How?", f"So:\n\n```sh\n{code}\n```\n")
    await visit.sign_in("alice", path=conversation.get_absolute_url())
    await page.locator(".code-block").get_by_role("button", name="Copy").click()
    await expect(page.locator("#announcer")).to_have_text("Copied the code.")
    assert await page.evaluate("navigator.clipboard.readText()") == code
    await page.keyboard.press("Control+Shift+;")
    await expect(page.locator("#announcer")).to_have_text("Copied the code.")
    assert await page.evaluate("navigator.clipboard.readText()") == code
