"""Signing in, in Chromium: by one-time link, and what the pages look like."""

from urllib.parse import urlsplit

from channels.db import database_sync_to_async
from playwright.async_api import expect

from apps.accounts.services import create_user, sign_in_url
from tests.browser.visit import Visit


async def link_for(username: str) -> str:
    await database_sync_to_async(create_user)(username=username)
    link = urlsplit(await database_sync_to_async(sign_in_url)(username=username))
    return f"{link.path}?{link.query}"


async def test_a_link_signs_in_with_the_enter_key(visit: Visit) -> None:
    await visit.page.set_viewport_size({"width": 360, "height": 640})
    await visit.open(await link_for("alice"))
    await expect(visit.page.get_by_role("heading", name="Sign in as alice")).to_be_visible()
    assert await visit.faults_in_both_themes() == []
    assert await visit.overflow() <= 0
    await visit.page.keyboard.press("Enter")
    await visit.page.wait_for_url("**/chat/")


async def test_a_used_link_says_so(visit: Visit) -> None:
    link = await link_for("alice")
    await visit.open(link)
    await visit.page.get_by_role("button", name="Sign in").click()
    await visit.page.wait_for_url("**/chat/")
    await visit.page.context.clear_cookies()
    assert await visit.open(link) == 403
    visit.forgive("403")
    await expect(visit.page.get_by_role("heading", name="This sign-in link does not work")).to_be_visible()
    assert await visit.accessibility_faults() == []
