"""A conversation in a small window: what the page says of it before a question is sent, and after."""

import re

import pytest
from django.db import transaction
from playwright.async_api import Page, expect

from apps.accounts.services import create_user
from apps.chat.models import Conversation
from apps.endpoints.models import Endpoint
from apps.stores.threads import in_thread
from tests.browser.counted_replies import is_written
from tests.browser.visit import Visit
from tests.chat.exchanges import answered_conversation, answered_message

LONG = "An earlier remark about compilers and what their optimisers do. " * 12
# The texts of the transcript's parts, in their order.
PARTS = """() => [...document.querySelectorAll("#transcript > *")].map(part =>
  part.id === "view-start" ? part.textContent : Number(part.dataset.position))"""
MARKED = "The model no longer sees the 4 messages above."


@in_thread
def outgrown_conversation(window: int) -> Conversation:
    """Three long exchanges, and a model server whose window cannot hold all of them."""
    with transaction.atomic():  # or a worker at hand would be first
        alice, _ = create_user(username="alice")
        conversation = answered_conversation(alice, LONG, LONG)
        for _ in range(2):
            answered_message(conversation, LONG, LONG)
    Endpoint.objects.update(context_window_override=window, maximum_parameters={"max_tokens": 100})
    return conversation


async def ask(page: Page, text: str) -> None:
    await page.get_by_role("textbox", name="Message").fill(text)
    await page.get_by_role("button", name="Send").click()


@pytest.mark.usefixtures("counting")
async def test_line_shows_where_the_models_view_begins(visit: Visit) -> None:
    page = visit.page
    conversation = await outgrown_conversation(window=1_200)
    await visit.sign_in("alice", path=conversation.get_absolute_url())
    await expect(page.get_by_text("The model no longer sees")).to_have_count(0)
    await ask(page, "count to 60")
    await expect(page.get_by_role("article")).to_have_count(8)
    await is_written(page)
    await expect(page.get_by_text(MARKED)).to_be_visible()
    shown = await page.evaluate(PARTS)
    assert shown == [1, 2, 3, 4, MARKED, 5, 6, 7, 8]
    assert await visit.accessibility_faults() == []
    await page.reload()
    await expect(page.get_by_text(MARKED)).to_be_visible()
    assert await page.evaluate(PARTS) == shown
    await ask(page, "count to 60")
    await expect(page.get_by_role("article")).to_have_count(10)
    await is_written(page)
    assert [part for part in await page.evaluate(PARTS) if isinstance(part, int)] == list(range(1, 11))


@pytest.mark.usefixtures("counting")
async def test_context_usage_warns_while_somebody_writes(visit: Visit) -> None:
    """Each text is announced once, and the figure is of the server's real window."""
    page = visit.page
    await outgrown_conversation(window=4_000)
    await visit.sign_in("alice", path="/chat/")
    usage = page.get_by_role("meter", name="Context window")
    await expect(usage).to_have_attribute("max", "4000")
    before = int(await usage.get_attribute("value") or "")
    assert before < 200
    message = page.get_by_role("textbox", name="Message")
    await message.fill("lorem ipsum " * 500)
    await expect(page.get_by_text("Context filling up: about")).to_be_visible()
    status = page.locator("#context-usage-status")
    await expect(status).to_have_text("The model’s context window is filling up.")
    assert await visit.accessibility_faults() == []
    await message.fill("lorem ipsum " * 580)
    await expect(page.get_by_text("Context nearly full: about")).to_be_visible()
    await message.fill("lorem ipsum " * 2_000)
    await expect(page.get_by_text("This question does not fit: with a short reply it takes about")).to_be_visible()
    await expect(status).to_have_text("This question does not fit the model’s context window.")
    await message.fill("")
    await expect(usage).to_have_attribute("value", str(before))
    await expect(status).to_be_empty()


@pytest.mark.usefixtures("counting")
async def test_context_usage_says_what_will_be_left_out(visit: Visit) -> None:
    page = visit.page
    conversation = await outgrown_conversation(window=1_200)
    await visit.sign_in("alice", path=conversation.get_absolute_url())
    await expect(page.get_by_text(re.compile("The first [0-9]+ messages( or so)? no longer fit"))).to_be_visible()
    await ask(page, "count to 60")
    await expect(page.get_by_role("article")).to_have_count(8)
    await is_written(page)
    await expect(page.get_by_text(re.compile("The first [0-9]+ messages( or so)? no longer fit"))).to_be_visible()
