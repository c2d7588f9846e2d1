"""The reply comes as events if WebSockets are blocked, and by polling if events are held back too."""

import re
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.counted_replies import PATIENCE, follow_a_count, is_written
from tests.browser.visit import Visit
from tests.support.blocking_proxy import BlockingProxy

REMEMBERS = "name => (JSON.parse(sessionStorage.getItem('chat:carrier'))?.name ?? 'socket') === name"
BLOCKED = re.compile(r"^error: (WebSocket connection to .* failed|EventSource's response|Failed to load resource)")


@pytest_asyncio.fixture(loop_scope="session")
async def proxy(live_asgi_server: str) -> AsyncIterator[BlockingProxy]:
    async with BlockingProxy(live_asgi_server).running() as proxy:
        yield proxy


@pytest_asyncio.fixture(loop_scope="session")
async def blocked(chromium: Browser, proxy: BlockingProxy, transactional_db: None) -> AsyncIterator[Visit]:
    """A visit through the proxy; the browser complains about what that refuses, and about nothing else."""
    context = await chromium.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE)
    visit = Visit(page=await context.new_page(), site=proxy.site)
    yield visit
    await context.close()
    assert [complaint for complaint in visit.complaints if not BLOCKED.search(complaint)] == []


async def remembers(page: Page, name: str) -> None:
    await page.wait_for_function(REMEMBERS, arg=name)


def carried(proxy: BlockingProxy) -> tuple[int, int, int]:
    """Return how often each carrier was requested."""
    return proxy.count("/ws/"), proxy.count("/events/"), proxy.count("/changes/")


async def test_where_nothing_is_blocked_it_is_a_socket(counting: None, proxy: BlockingProxy, blocked: Visit) -> None:
    proxy.refuses_sockets = False
    await follow_a_count(blocked)
    await is_written(blocked.page)
    assert carried(proxy) == (1, 0, 0)


async def test_blocked_socket_is_replaced_by_events(counting: None, proxy: BlockingProxy, blocked: Visit) -> None:
    await follow_a_count(blocked)
    await remembers(blocked.page, "events")
    await is_written(blocked.page)
    assert carried(proxy) == (2, 1, 0)


async def test_events_that_are_held_back_are_replaced_by_questions(
    counting: None, proxy: BlockingProxy, blocked: Visit
) -> None:
    proxy.holds_back = True
    await follow_a_count(blocked, to=180)
    await remembers(blocked.page, "polls")
    await is_written(blocked.page, to=180)
    assert (proxy.count("/ws/"), proxy.count("/events/")) == (2, 1)
    assert proxy.count("/changes/") > 1


async def test_what_worked_is_remembered_and_the_socket_tried_again_online(
    counting: None, proxy: BlockingProxy, blocked: Visit
) -> None:
    await follow_a_count(blocked)
    await remembers(blocked.page, "events")
    await blocked.page.reload()
    await expect(
        blocked.page.locator('article[data-state="running"], article[data-state="succeeded"]').last
    ).to_be_visible()
    await is_written(blocked.page)
    assert proxy.count("/ws/") == 2
    proxy.refuses_sockets = False
    await blocked.page.evaluate("dispatchEvent(new Event('online'))")
    await remembers(blocked.page, "socket")
    assert proxy.count("/ws/") == 3


async def test_conversation_can_be_had_without_a_socket(counting: None, proxy: BlockingProxy, blocked: Visit) -> None:
    proxy.holds_back = True
    page = blocked.page
    await blocked.sign_in("alice")
    await page.get_by_role("textbox", name="Message").fill("count to 60 at 20 per second")
    await page.get_by_role("button", name="Send").click()
    await page.wait_for_url("**/chat/*-*/")
    await is_written(page)
    await page.get_by_role("textbox", name="Message").fill("count to 1000 at 20 per second and hold at 900")
    await page.get_by_role("button", name="Send").click()
    reply = page.locator('article[data-role="assistant"]').last
    await expect(reply.locator(".message__body")).to_contain_text("1 2 3")
    await page.get_by_role("button", name="Stop").click()
    await expect(reply).to_have_attribute("data-state", "cancelled")
    await expect(page.get_by_role("button", name="Retry").last).to_be_visible()
    assert await blocked.accessibility_faults() == []


async def test_signed_out_page_says_so_and_stays_closed(counting: None, proxy: BlockingProxy, blocked: Visit) -> None:
    await follow_a_count(blocked)
    await remembers(blocked.page, "events")
    await blocked.page.context.clear_cookies()
    await blocked.page.evaluate("dispatchEvent(new Event('online'))")
    await expect(blocked.page.get_by_role("status").filter(has_text="sign in again")).to_be_visible()
    asked = carried(proxy)
    await blocked.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await blocked.page.wait_for_timeout(500)
    assert carried(proxy) == asked
