"""The page of a new conversation, as its tests look at it."""

from playwright.async_api import Page, expect


async def assert_is_new(page: Page, title: str = "New conversation") -> None:
    await expect(page.get_by_role("heading", level=1)).to_have_text(title)
    await expect(page).to_have_title(f"{title} · Code Llama Workbench")
    await expect(page.get_by_role("article")).to_have_count(0)
    await expect(page.locator(".empty")).to_be_visible()
    await expect(page.get_by_role("link", name="Actions for this conversation")).to_have_count(0)
