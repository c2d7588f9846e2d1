"""Reload, second tab, hidden page, lost network, browser's memory: the reader ends with each number once."""

from playwright.async_api import Page, WebSocket, expect

from tests.browser.counted_replies import (
    follow_a_count,
    have_failed_after_three,
    is_under_way,
    is_written,
    last_reply,
)
from tests.browser.visit import Visit

HIDE = """hidden => {
  Object.defineProperty(document, "hidden", {configurable: true, get: () => hidden});
  document.dispatchEvent(new Event("visibilitychange"));
}"""
LEAVE = "dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))"
RETURN = "dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"


def sockets_of(page: Page) -> list[str]:
    """Record what happens to the page's sockets from now on."""
    happened: list[str] = []

    def opened(socket: WebSocket) -> None:
        happened.append("opened")
        socket.on("close", lambda _: happened.append("closed"))

    page.on("websocket", opened)
    return happened


async def test_reload_and_second_tab_show_the_same(counting: None, visit: Visit) -> None:
    await follow_a_count(visit, to=120)
    await is_under_way(visit.page)
    second = await visit.page.context.new_page()
    await second.goto(visit.page.url)
    await visit.page.reload()
    for page in (visit.page, second):
        await is_under_way(page)
    for page in (visit.page, second):
        await is_written(page, to=120)


async def test_hidden_page_lets_go_and_catches_up(counting: None, visit: Visit) -> None:
    happened = sockets_of(visit.page)
    await follow_a_count(visit)
    await is_under_way(visit.page)
    async with visit.page.expect_event("websocket"):
        await visit.page.evaluate(HIDE, True)
        shown = await last_reply(visit.page).inner_text()
        await visit.page.wait_for_timeout(500)
        assert await last_reply(visit.page).inner_text() == shown
        await visit.page.evaluate(HIDE, False)
    await is_written(visit.page)
    assert happened[:3] in (["opened", "closed", "opened"], ["opened", "opened", "closed"])


async def test_page_that_comes_online_connects_at_once(counting: None, visit: Visit) -> None:
    happened = sockets_of(visit.page)
    await follow_a_count(visit)
    await is_under_way(visit.page)
    await visit.page.context.set_offline(True)
    async with visit.page.expect_event("websocket"):
        await visit.page.context.set_offline(False)
    await is_written(visit.page)
    assert happened.count("opened") > 1


async def test_page_that_comes_back_from_memory_catches_up(counting: None, visit: Visit) -> None:
    happened = sockets_of(visit.page)
    await follow_a_count(visit)
    await is_under_way(visit.page)
    async with visit.page.expect_event("websocket"):
        await visit.page.evaluate(LEAVE)
        await visit.page.evaluate(RETURN)
    await is_written(visit.page)
    assert happened[:3] in (["opened", "closed", "opened"], ["opened", "opened", "closed"])


async def test_failed_reply_is_continued(counting: None, visit: Visit) -> None:
    conversation = await have_failed_after_three(60)
    await visit.sign_in("alice", path=conversation.get_absolute_url())
    await expect(visit.page.get_by_text("The model server is gone.")).to_be_visible()
    assert await visit.faults_in_both_themes() == []
    await visit.page.get_by_role("button", name="Continue").press("Enter")
    await is_under_way(visit.page)
    assert await visit.faults_in_both_themes() == []
    await is_written(visit.page)
    await expect(visit.page.get_by_role("button", name="Continue")).to_have_count(0)
    assert await visit.faults_in_both_themes() == []


async def test_failed_reply_is_tried_again(counting: None, visit: Visit) -> None:
    conversation = await have_failed_after_three(40)
    await visit.sign_in("alice", path=conversation.get_absolute_url())
    await visit.page.get_by_role("button", name="Retry").press("Enter")
    await is_under_way(visit.page)
    assert await visit.accessibility_faults() == []
    await is_written(visit.page, to=40)
    await expect(visit.page.get_by_text("The model server is gone.")).to_have_count(0)
    await visit.page.get_by_role("button", name="Previous version").press("Enter")
    await expect(visit.page.get_by_text("The model server is gone.")).to_have_count(1)
    assert await visit.accessibility_faults() == []
