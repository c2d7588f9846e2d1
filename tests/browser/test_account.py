"""The account, its second factors, and the pages about people, in Chromium: with a passkey of a made-up device."""

from channels.db import database_sync_to_async
from playwright.async_api import Page, expect

from apps.accounts.invitations import invite
from apps.accounts.models import User
from tests.browser.visit import Visit

PAGES = ["/accounts/", "/accounts/people/", "/accounts/passkeys/add/", "/accounts/app/add/", "/accounts/delete/"]


async def add_device(page: Page) -> None:
    """Give the browser a device that holds passkeys and says yes."""
    session = await page.context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    device = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    await session.send("WebAuthn.addVirtualAuthenticator", {"options": device})


async def test_the_pages_are_accessible_and_fit_a_phone(visit: Visit) -> None:
    await visit.page.set_viewport_size({"width": 360, "height": 640})
    await visit.sign_in_by_link("admin", staff=True)
    for path in PAGES:
        await visit.open(path)
        await expect(visit.page.get_by_role("heading", level=1)).to_be_visible()
        assert (path, await visit.faults_in_both_themes()) == (path, [])
        assert (path, await visit.overflow() <= 0) == (path, True)


async def test_the_top_bar_fits_a_tablet(visit: Visit) -> None:
    await visit.page.set_viewport_size({"width": 768, "height": 1024})
    await visit.sign_in("somebody-with-quite-a-long-name", staff=True, path="/accounts/")
    await expect(visit.page.get_by_role("link", name="somebody-with-quite-a-long-name")).to_be_visible()
    assert await visit.overflow() <= 0


async def test_a_passkey_is_added_and_signs_in(visit: Visit) -> None:
    visit.site = visit.site.replace("127.0.0.1", "localhost")  # passkeys belong to a name, not to an address
    page = visit.page
    await add_device(page)
    await visit.sign_in_by_link("alice", path="/accounts/")
    await page.get_by_role("link", name="Add a passkey").click()
    await expect(page.get_by_label("Sign in with it alone")).to_be_checked()
    await page.get_by_role("button", name="Add passkey").click()
    await expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert await visit.accessibility_faults() == []
    await page.get_by_role("link", name="Back to your account").click()
    await expect(page.get_by_role("link", name="Rename Passkey")).to_be_visible()
    await page.get_by_role("button", name="Sign out", exact=True).click()
    await visit.open("/accounts/sign-in/")
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await page.wait_for_url("**/chat/")


async def test_somebody_is_invited_and_joins(visit: Visit) -> None:
    page = visit.page
    await visit.sign_in("admin", staff=True, path="/accounts/people/")
    await page.get_by_label("Who is it for?").fill("Dana")
    await page.get_by_role("button", name="Make invitation").click()
    link = await page.get_by_label("Invitation for Dana", exact=True).last.inner_text()
    assert await visit.accessibility_faults() == []
    await page.context.clear_cookies()
    await visit.open(link[link.index("/accounts/") :])
    assert await visit.accessibility_faults() == []
    await page.get_by_label("Username").fill("dana")
    for label in ("Password", "Password confirmation"):
        await page.get_by_label(label, exact=True).fill("correct horse battery")
    await page.get_by_role("button", name="Join").click()
    await page.wait_for_url("**/chat/")


async def test_an_invitation_that_was_used_says_so(visit: Visit) -> None:
    admin = await database_sync_to_async(User.objects.create_superuser)("admin")
    link = await database_sync_to_async(invite)(by=admin, note="Dana", for_admin=False, days=1)
    await visit.open(link[link.index("/accounts/") :])
    await database_sync_to_async(User.objects.filter(pk=admin.pk).update)(is_active=False)
    assert await visit.open(link[link.index("/accounts/") :]) == 403
    visit.forgive("403")
    assert await visit.accessibility_faults() == []
