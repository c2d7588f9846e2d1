"""A question is on the page the moment it is sent, once the server has it exactly once, and back if it was refused."""

from asyncio import Event
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from playwright.async_api import Error, Locator, Page, Route, expect

from apps.accounts.services import create_user
from apps.chat.models import Conversation, Message, Role
from apps.stores.threads import in_thread
from tests.browser.counted_replies import PATIENCE, follow_a_count, is_under_way, is_written
from tests.browser.visit import Visit
from tests.chat.exchanges import answered_conversation

COUNT = "count to 5 at 20 per second"
CONVERSATION = "**/chat/*-*/"


@in_thread
def finished_conversation() -> Conversation:
    alice, _ = create_user(username="alice")
    return answered_conversation(alice, "How do I sort?", "With `sorted`.")


@in_thread
def questions() -> list[str]:
    asked = Message.objects.filter(role=Role.USER).order_by("position")
    return list(asked.values_list("question", flat=True))


def composer(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message")


def shown(page: Page) -> Locator:
    return page.locator('article[data-role="user"]')


@asynccontextmanager
async def held_posts(page: Page) -> AsyncIterator[Event]:
    """Let what the page posts to the chat wait until the event is set."""
    go = Event()

    async def hold(route: Route) -> None:
        if route.request.method == "POST" and "/gauge/" not in route.request.url:
            await go.wait()
        with suppress(Error):  # the page has left the request behind
            await route.continue_()

    await page.route("**/chat/**", hold)
    yield go
    go.set()
    await page.unroute("**/chat/**", hold)


@pytest.mark.usefixtures("counting")
async def test_question_is_shown_before_the_server_has_it(visit: Visit) -> None:
    conversation = await finished_conversation()
    await visit.sign_in("alice", path=conversation.get_absolute_url())
    async with held_posts(visit.page) as go:
        await composer(visit.page).fill(f"\n{COUNT}")
        await composer(visit.page).press("Enter")
        await expect(shown(visit.page).last).to_contain_text(COUNT)
        await expect(shown(visit.page).last.get_by_text("Sending…")).to_be_visible()
        await expect(composer(visit.page)).to_have_value("")
        await expect(composer(visit.page)).to_be_focused()
        assert await visit.accessibility_faults() == []
        await composer(visit.page).fill("the next one")
        await composer(visit.page).press("Enter")  # waits in the composer
        await expect(composer(visit.page)).to_have_value("the next one")
        assert await questions() == ["How do I sort?"]
        go.set()
        await expect(visit.page.locator('article[data-role="assistant"]')).to_have_count(2, timeout=PATIENCE)
        await is_written(visit.page, to=5)
    await expect(shown(visit.page)).to_have_count(2)
    await expect(shown(visit.page).last).to_have_attribute("data-key", await sent_key())
    await expect(composer(visit.page)).to_have_value("the next one")
    assert await questions() == ["How do I sort?", COUNT]


@in_thread
def sent_key() -> str:
    return str(Message.objects.filter(role=Role.USER).latest("position").key)


@pytest.mark.usefixtures("counting")
async def test_first_question_is_shown_on_the_page_that_begins(visit: Visit) -> None:
    await visit.sign_in("alice")
    async with held_posts(visit.page) as go:
        await composer(visit.page).fill(COUNT)
        await composer(visit.page).press("Enter")
        await expect(shown(visit.page)).to_contain_text(COUNT)
        await expect(visit.page.get_by_role("heading", name="What are you working on?")).to_be_hidden()
        await visit.page.reload()  # nothing was stored: the draft is still there
        await expect(composer(visit.page)).to_have_value(COUNT)
        go.set()
    await composer(visit.page).press("Enter")
    await visit.page.wait_for_url(CONVERSATION)
    await is_written(visit.page, to=5)
    await expect(shown(visit.page)).to_have_count(1)
    await visit.open("/chat/")
    await expect(composer(visit.page)).to_have_value("")


async def test_refused_question_comes_back(visit: Visit) -> None:
    """The conversation was deleted elsewhere, and this page has not heard of it."""
    conversation = await finished_conversation()
    await visit.sign_in("alice", path=conversation.get_absolute_url())
    async with held_posts(visit.page) as go:
        await composer(visit.page).fill("And backwards?")
        await composer(visit.page).press("Enter")
        await expect(shown(visit.page)).to_have_count(2)
        await composer(visit.page).fill("Please.")
        await in_thread(Conversation.objects.filter(pk=conversation.pk).update)(deleted_at="2026-01-01T00:00:00Z")
        go.set()
        await expect(composer(visit.page)).to_have_value("And backwards?\n\nPlease.")
    await expect(shown(visit.page)).to_have_count(1)
    assert await questions() == ["How do I sort?"]
    visit.forgive("404")


async def test_question_comes_back_where_the_server_cannot_be_reached(visit: Visit) -> None:
    conversation = await finished_conversation()
    await visit.sign_in("alice", path=conversation.get_absolute_url())
    await visit.page.route("**/chat/*-*/", lambda route: route.abort())
    await composer(visit.page).fill("And backwards?")
    await composer(visit.page).press("Enter")
    await expect(visit.page.get_by_text("The server cannot be reached.")).to_be_visible()
    await expect(composer(visit.page)).to_have_value("And backwards?")
    await expect(shown(visit.page)).to_have_count(1)
    for words in ("ERR_FAILED", "Failed to fetch"):
        visit.forgive(words)


@pytest.mark.usefixtures("counting")
async def test_next_message_is_queued_while_a_reply_is_being_written(visit: Visit) -> None:
    page = visit.page
    await follow_a_count(visit, to=600)
    await is_under_way(page)
    await composer(page).fill("count to 3 at 20 per second")
    await composer(page).press("Enter")
    queued = page.get_by_role("group", name="Queued message")
    await expect(queued).to_contain_text("count to 3")
    await expect(composer(page)).to_have_value("")
    assert await visit.accessibility_faults() == []
    await page.reload()
    await expect(queued).to_contain_text("count to 3")
    await queued.get_by_role("button", name="Remove the queued message").press("Enter")
    await expect(queued).to_have_count(0)
    await expect(composer(page)).to_have_value("count to 3 at 20 per second")
    second_tab = await page.context.new_page()
    await second_tab.goto(page.url)
    elsewhere = second_tab.get_by_role("group", name="Queued message")
    await expect(elsewhere).to_have_count(0)
    await page.get_by_role("button", name="Queue").click()
    await expect(queued).to_contain_text("count to 3")
    await expect(elsewhere).to_contain_text("count to 3", timeout=PATIENCE)
    await elsewhere.get_by_role("button", name="Remove the queued message").click()
    await expect(queued).to_have_count(0, timeout=PATIENCE)
    box = second_tab.get_by_role("textbox", name="Message")
    await expect(box).to_have_value("count to 3 at 20 per second")
    await second_tab.get_by_role("button", name="Queue").click()
    await expect(queued).to_contain_text("count to 3", timeout=PATIENCE)
    await second_tab.close()
    await expect(shown(page)).to_have_count(1)
    await page.get_by_role("button", name="Stop").click()
    await expect(page.locator('article[data-role="assistant"]')).to_have_count(2, timeout=PATIENCE)
    await is_written(page, to=3)
    await expect(queued).to_have_count(0)
    await expect(shown(page)).to_have_count(2)
