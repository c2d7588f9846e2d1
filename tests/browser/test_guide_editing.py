"""Editing the guide in Chromium: a preview in a window of its own, the history with its differences, and going back."""

from channels.db import database_sync_to_async
from playwright.async_api import expect

from apps.accounts.models import User
from apps.guide.models import Section
from tests.browser.visit import Visit
from tests.support.shipped_guide import fill_guide

MORE = "\n\nThey come as **twelve** models [@paper §2.1]:\n\n- 7B and 13B\n- 34B and 70B"


def make_superuser(username: str) -> None:
    User.objects.filter(username=username).update(is_superuser=True)


async def test_prose_is_previewed_saved_compared_and_restored(visit: Visit) -> None:
    page = visit.page
    await database_sync_to_async(fill_guide)()
    section = await database_sync_to_async(Section.objects.get)(page__slug="licence", slug="output")
    await visit.sign_in("alice", staff=True)
    await database_sync_to_async(make_superuser)("alice")
    await visit.open(f"/admin/guide/section/{section.pk}/change/")
    await page.get_by_label("Body").fill(section.body + MORE)

    async with page.context.expect_page() as opened:
        await page.get_by_role("button", name="Preview").click()
    preview = Visit(page=await opened.value, site=visit.site)
    await expect(preview.page.get_by_role("strong").last).to_have_text("twelve")
    await expect(preview.page.get_by_role("listitem").filter(has_text="34B and 70B")).to_be_visible()
    assert await preview.accessibility_faults() == []
    await preview.page.close()

    await page.get_by_role("button", name="Save", exact=True).click()
    await visit.open(f"/admin/guide/section/{section.pk}/history/")
    await expect(page.locator("ins")).to_contain_text("They come as **twelve** models")
    assert await visit.accessibility_faults() == []
    await page.set_viewport_size({"width": 360, "height": 640})
    assert await visit.overflow() <= 0

    await page.get_by_role("button", name="Go back to this").click()
    await expect(page.get_by_role("heading", name="Reverted by alice")).to_be_visible()
    await expect(page.get_by_text("It says what was last loaded from its content file.")).to_be_visible()
