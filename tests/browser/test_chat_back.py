"""Going back in the browser's history to a page that its cache has kept as it was."""

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright, expect

from apps.chat.models import Conversation
from apps.stores.threads import in_thread
from tests.browser.conftest import QUIET
from tests.browser.counted_replies import PATIENCE
from tests.browser.visit import Visit


@pytest_asyncio.fixture(loop_scope="session")
async def cached(chromium_path: str | None, live_asgi_server: str, transactional_db: None) -> AsyncIterator[Visit]:
    """A browser with its back/forward cache, which Playwright turns off."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_path,
            args=[*QUIET, *sandbox],
            ignore_default_args=["--disable-back-forward-cache"],
        )
        context = await browser.new_context()
        context.set_default_timeout(PATIENCE)
        visit = Visit(page=await context.new_page(), site=live_asgi_server)
        yield visit
        await browser.close()
        assert visit.complaints == []


@pytest.mark.parametrize("start", ["/chat/", "/chat/ask/"])
async def test_message_from_a_page_of_the_cache_begins_a_conversation(cached: Visit, start: str) -> None:
    page = cached.page
    await cached.sign_in("alice", path=start)
    await page.evaluate("addEventListener('pageshow', ({persisted}) => { window.fromCache = persisted; })")
    box = page.get_by_role("textbox", name="Message")
    await box.fill("same words")
    await box.press("Enter")
    await page.wait_for_url("**/chat/*-*/")
    await expect(page.locator('article[data-role="user"]')).to_contain_text("same words")
    first = page.url
    await page.evaluate("history.back()")
    await page.wait_for_function("() => window.fromCache === true")  # or this test would mean nothing
    await expect(box).to_have_value("")
    await box.fill("same words")
    await box.press("Enter")
    await page.wait_for_url("**/chat/*-*/")
    await expect(page.locator('article[data-role="user"]')).to_contain_text("same words")
    assert page.url != first
    assert await in_thread(Conversation.objects.count)() == 2
