"""The guide's search in Chromium: it follows what one types, fits a phone and reads well to everybody."""

from channels.db import database_sync_to_async
from playwright.async_api import expect

from apps.accounts.models import User
from tests.browser.visit import Visit
from tests.chat.exchanges import answered_conversation
from tests.support.shipped_guide import fill_guide


async def test_results_follow_what_one_types(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    await visit.open("/guide/pitfalls/")
    page = visit.page
    await page.get_by_role("searchbox", name="Search the guide").fill("licence")
    await page.get_by_role("searchbox", name="Search the guide").press("Enter")
    field = page.get_by_role("searchbox", name="Words to find")
    results = page.get_by_role("region", name="Results")
    await expect(field).to_have_value("licence")
    await expect(results.get_by_role("status")).to_contain_text("for “licence”")
    await field.fill("")
    await field.press_sequentially("rope th")
    await expect(results.get_by_role("status")).to_contain_text("for “rope th”")
    await expect(field).to_be_focused()
    await expect(page).to_have_url(f"{visit.site}/guide/search/?q=rope+th")
    await field.fill("quantisation")
    await results.get_by_role("link", name="quantization", exact=True).click()
    await expect(field).to_have_value("quantization")
    link = results.get_by_role("heading", level=2).get_by_role("link").first
    await link.click()
    await expect(page.get_by_role("heading", level=1)).not_to_have_text("Search the guide")


async def test_conversations_are_searched_together_with_the_guide(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    await visit.sign_in("alice", path="/guide/search/?q=quantization")
    await database_sync_to_async(_talk)("alice", "Which quantization for a T4?", "Four bits.")
    page = visit.page
    await page.get_by_role("link", name="The guide and your conversations").click()
    mine = page.get_by_role("region", name="In your conversations")
    await expect(mine.get_by_role("link", name="Which quantization for a T4?").first).to_be_visible()
    assert await visit.accessibility_faults() == []
    await page.get_by_role("searchbox", name="Words to find").fill("four bits")
    await expect(mine.get_by_text("1 found")).to_be_visible()
    await expect(page).to_have_url(f"{visit.site}/chat/search/everything/?q=four+bits")
    await page.set_viewport_size({"width": 360, "height": 640})
    assert await visit.overflow() <= 0
    await mine.get_by_role("link").first.click()
    await expect(page.get_by_text("Four bits.").first).to_be_visible()


def _talk(username: str, question: str, reply: str) -> None:
    answered_conversation(User.objects.get(username=username), question, reply)


async def test_results_are_accessible_and_fit_a_phone(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    for asked in ("fill_me", "quantisation", ""):
        await visit.page.emulate_media(color_scheme="light")
        await visit.page.set_viewport_size({"width": 1280, "height": 800})
        await visit.open(f"/guide/search/?q={asked}")
        await expect(visit.page.get_by_role("region", name="Results").get_by_role("status")).to_be_visible()
        assert await visit.accessibility_faults() == []
        assert await visit.colour_faults() == []
        await visit.page.set_viewport_size({"width": 360, "height": 640})
        assert await visit.overflow() <= 0
