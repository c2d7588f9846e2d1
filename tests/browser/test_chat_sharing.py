"""A conversation leaves the list in Chromium: as a file, and by a link that others open."""

from channels.db import database_sync_to_async
from playwright.async_api import expect

from apps.chat.models import Share
from tests.browser.listed_conversations import conversations
from tests.browser.visit import Visit


async def test_conversation_goes_out_as_a_file_and_comes_back(visit: Visit) -> None:
    page = visit.page
    first, *_ = await conversations()
    await visit.sign_in("alice", path=first.get_absolute_url())
    await page.get_by_role("link", name="Actions for this conversation").click()
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="Export as JSON").click()
    download = await downloading.value
    assert download.suggested_filename == "how-do-i-read-a-csv-file.json"
    await page.get_by_role("link", name="Import").click()
    assert await visit.accessibility_faults() == []
    await page.get_by_label("Exported file").set_input_files(await download.path())
    await page.get_by_role("button", name="Import", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(first.title)
    assert first.get_absolute_url() not in page.url


async def test_link_is_shared_copied_and_revoked(visit: Visit) -> None:
    page = visit.page
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    first, *_ = await conversations()
    await visit.sign_in("alice", path=first.get_absolute_url())
    await page.get_by_role("link", name="Actions for this conversation").click()
    await page.get_by_role("link", name="Share by link").click()
    dialog = page.get_by_role("dialog", name=f"Share “{first.title}”")
    await expect(dialog).to_contain_text("Everybody who has the link and an account here")
    assert await visit.accessibility_faults() == []
    assert await database_sync_to_async(Share.objects.count)() == 0
    await dialog.get_by_role("button", name="Create link").click()
    await expect(dialog.get_by_role("button", name="Copy")).to_be_focused()
    assert await visit.accessibility_faults() == []
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
    address = await page.evaluate("navigator.clipboard.readText()")
    assert "/chat/shared/" in address
    await page.set_viewport_size({"width": 360, "height": 640})
    assert await visit.overflow() <= 0
    await page.set_viewport_size({"width": 1280, "height": 800})
    await dialog.get_by_role("link", name="Your shared links").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Shared links")
    assert await visit.accessibility_faults() == []
    await page.locator(".side-list").get_by_role("link", name=first.title).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(first.title)
    assert await visit.accessibility_faults() == []
    await database_sync_to_async(Share.objects.update)(title="x" * 120)
    await page.set_viewport_size({"width": 360, "height": 640})
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_have_text("x" * 120)
    assert await visit.overflow() <= 0
    await visit.open("/chat/shares/")
    assert await visit.overflow() <= 0
    await page.get_by_role("button", name="Revoke").click()
    await expect(page.get_by_text("Nothing is shared")).to_be_visible()
