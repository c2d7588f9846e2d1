"""Going back in the browser's history to a page that its cache has kept as it was."""

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from apps.chat.models import Conversation
from apps.stores.threads import in_thread
from tests.browser.conftest import QUIET
from tests.browser.counted_replies import PATIENCE
from tests.browser.visit import Visit
from tests.support.chromium import executable


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def whole_chromium() -> AsyncIterator[Browser]:
    """Start a Chromium with its back/forward cache, which Playwright turns off and the headless shell lacks."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable(),
            args=[*QUIET, *sandbox],
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def cached(whole_chromium: Browser, live_asgi_server: str, transactional_db: None) -> AsyncIterator[Visit]:
    """A visit in a browser that keeps the pages that were left."""
    context = await whole_chromium.new_context()
    context.set_default_timeout(PATIENCE)
    visit = Visit(page=await context.new_page(), site=live_asgi_server)
    yield visit
    await context.close()
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
