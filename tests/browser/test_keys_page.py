"""The page of API keys in Chromium: a key is made, copied and revoked, with and without JavaScript."""

from playwright.async_api import expect

from tests.browser.visit import Visit

PATH = "/accounts/keys/"


async def test_a_key_is_made_copied_and_revoked(visit: Visit) -> None:
    page = visit.page
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await visit.sign_in("alice", path=PATH)
    assert await visit.faults_in_both_themes() == []
    await page.get_by_label("What it is for").fill("editor on the laptop")
    await page.get_by_role("button", name="Make key").click()
    key = await page.get_by_label("The new key", exact=True).last.inner_text()
    assert key.startswith("clw_")
    await page.get_by_role("button", name="Copy").click()
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == key
    await page.get_by_text("llama.vim", exact=True).click()
    await page.get_by_role("button", name="Copy the example for llama.vim").click()
    await expect(page.get_by_role("button", name="Copied the example for llama.vim")).to_be_visible()
    assert f"'api_key': '{key}'" in await page.evaluate("navigator.clipboard.readText()")
    assert await visit.faults_in_both_themes() == []
    await page.get_by_role("link", name="Revoke editor on the laptop").click()
    assert await visit.faults_in_both_themes() == []
    await page.get_by_role("button", name="Revoke key").click()
    await expect(page.get_by_text("Revoked", exact=True)).to_be_visible()


async def test_it_fits_a_small_phone(visit: Visit) -> None:
    await visit.page.set_viewport_size({"width": 360, "height": 640})
    await visit.sign_in("alice", path=PATH)
    assert await visit.overflow() <= 0
    await visit.page.get_by_label("What it is for").fill("x" * 100)
    await visit.page.get_by_role("button", name="Make key").click()
    await expect(visit.page.get_by_role("link", name="Revoke")).to_be_visible()
    for summary in await visit.page.locator(".keys__example > summary").all():
        await summary.click()
    assert await visit.overflow() <= 0
