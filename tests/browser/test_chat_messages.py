"""People's actions on messages, by keyboard and by accessible name: copy, edit, retry, rate, fork."""

import pytest
from playwright.async_api import Locator, Page, expect

from apps.accounts.services import create_user
from apps.chat.models import Conversation
from apps.generation.models import Generation
from apps.stores.threads import in_thread
from tests.browser.visit import Visit
from tests.chat.exchanges import answered_conversation, answered_message

REPLY = "Use **`sorted`**:\n\n```python\nsorted([3, 1, 2])\n```\n"


async def talk() -> Conversation:
    def make() -> Conversation:
        alice, _ = create_user(username="alice")
        conversation = answered_conversation(alice, "How do I sort?", REPLY)
        Generation.objects.update(sent=[{"at": "2026-11-22T14:02:00Z", "endpoint": "gpu-1", "protocol": "tgi"}])
        answered_message(conversation, "count to 3", "nothing yet")
        return conversation

    return await in_thread(make)()


def message(page: Page, number: int) -> Locator:
    return page.get_by_role("article").nth(number)


@pytest.mark.usefixtures("counting")
async def test_messages_are_edited_written_again_and_gone_through(visit: Visit) -> None:
    page = visit.page
    conversation = await talk()
    await visit.sign_in("alice", path=conversation.get_absolute_url())
    question, reply = message(page, 2), message(page, 3)
    said = page.locator("#announcer")

    await reply.get_by_role("button", name="Regenerate").press("Enter")
    await expect(reply.get_by_text("2 / 2")).to_be_visible()
    await expect(reply.locator(".message__body")).to_have_text("1 2 3")
    await expect(reply.get_by_role("button", name="Previous version")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(reply.locator(".message__body")).to_have_text("nothing yet")
    await expect(said).to_have_text("Version 1 of 2")
    await expect(reply.get_by_role("button", name="Previous version")).to_be_disabled()
    await expect(reply.get_by_role("button", name="Next version")).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await expect(reply.locator(".message__body")).to_have_text("1 2 3")

    await question.get_by_text("Edit", exact=True).press("Enter")
    field = question.get_by_role("textbox", name="Question")
    await expect(field).to_be_focused()
    await expect(field).to_have_value("count to 3")
    assert await visit.accessibility_faults() == []
    await page.keyboard.press("Escape")
    await expect(field).to_be_hidden()
    await expect(question.get_by_text("Edit", exact=True)).to_be_focused()
    await page.keyboard.press("Enter")
    await field.fill("count to 2")
    await question.get_by_role("button", name="Save and send").click()
    await expect(question.get_by_text("2 / 2")).to_be_visible()
    await expect(reply.locator(".message__body")).to_have_text("1 2")
    await expect(reply.get_by_role("button", name="Regenerate")).to_be_visible()
    await expect(reply.get_by_text("1 / 1")).to_have_count(0)


async def test_messages_are_copied_rated_and_forked(visit: Visit) -> None:
    page = visit.page
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    conversation = await talk()
    await visit.sign_in("alice", path=conversation.get_absolute_url())
    said = page.locator("#announcer")

    async def copied() -> str:
        return str(await page.evaluate("navigator.clipboard.readText()"))

    await message(page, 1).get_by_role("button", name="Copy reply").press("Enter")
    await expect(said).to_have_text("Copied the reply.")
    await expect(message(page, 1).get_by_text("Copied")).to_be_visible()
    assert await copied() == REPLY
    await message(page, 2).get_by_role("button", name="Copy question").click()
    await expect(said).to_have_text("Copied the question.")
    assert await copied() == "count to 3"

    link = message(page, 1).get_by_role("link", name="Info on this reply")
    await link.press("Enter")
    panel = page.get_by_role("dialog", name="About this reply")
    await expect(panel.get_by_text("As it was sent, to the byte")).to_be_visible()
    await expect(panel.get_by_role("region", name="The prompt").locator("pre")).to_have_text(
        "<s>[INST] How do I sort? [/INST]"
    )
    assert await visit.accessibility_faults() == []
    await page.keyboard.press("Escape")
    await expect(panel).to_be_hidden()
    await expect(link).to_be_focused()

    good = message(page, 1).get_by_role("button", name="Good reply")
    await good.press("Enter")
    await expect(good).to_have_attribute("aria-pressed", "true")
    await expect(good).to_be_focused()
    assert await visit.accessibility_faults() == []
    await message(page, 1).get_by_text("Add a comment").press("Enter")
    await message(page, 1).get_by_label("What was good?").fill("Short and right.")
    assert await visit.accessibility_faults() == []
    await message(page, 1).get_by_role("button", name="Save comment").press("Enter")
    await expect(message(page, 1).get_by_text("Edit comment")).to_be_focused()
    await good.focus()
    await page.keyboard.press("Space")
    await expect(good).to_have_attribute("aria-pressed", "false")
    await expect(good).to_be_focused()

    await message(page, 1).get_by_role("button", name="Fork to a new conversation").press("Enter")
    await expect(page.get_by_role("heading", name="How do I sort? (fork)", level=1)).to_be_visible()
    await expect(page.get_by_role("article")).to_have_count(2)
    await expect(page.get_by_role("link", name="How do I sort?", exact=True)).to_be_visible()
    assert await visit.accessibility_faults() == []
