"""The shell around every page: reachable, readable, in both themes, at every width, and nothing from elsewhere."""

import pytest
from playwright.async_api import expect

from tests.browser.visit import Visit

PAGES = ["/", "/guide/", "/accounts/sign-in/", "/chat/", "/styleguide/", "/endpoints/", "/nothing-here/"]
STAFF_PAGES = {"/chat/", "/styleguide/", "/endpoints/"}


async def open_page(visit: Visit, path: str) -> None:
    if path in STAFF_PAGES:
        await visit.sign_in("admin", staff=True, path=path)
    else:
        await visit.open(path)
    forget_expected_404(visit, path)


def forget_expected_404(visit: Visit, path: str) -> None:
    if path == "/nothing-here/":
        visit.forgive("404")


@pytest.mark.parametrize("path", PAGES)
async def test_page_is_accessible_and_fits_a_small_phone(visit: Visit, path: str) -> None:
    await open_page(visit, path)
    assert await visit.faults_in_both_themes() == []
    await visit.page.set_viewport_size({"width": 360, "height": 640})
    await visit.page.reload()
    assert await visit.overflow() <= 0


async def test_skip_link_comes_first_and_leads_to_the_content(visit: Visit) -> None:
    await visit.open("/")
    await visit.page.keyboard.press("Tab")
    skip = visit.page.get_by_role("link", name="Skip to the content")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport()
    await visit.page.keyboard.press("Enter")
    await expect(visit.page.get_by_role("main")).to_be_focused()


async def test_theme_choice_holds_after_a_reload(visit: Visit) -> None:
    await visit.page.emulate_media(color_scheme="light")
    await visit.open("/")
    background = "getComputedStyle(document.body).backgroundColor"
    light = await visit.page.evaluate(background)
    await visit.page.get_by_role("radio", name="Dark theme").check(force=True)
    dark = await visit.page.evaluate(background)
    assert dark != light
    await visit.page.reload()
    assert await visit.page.evaluate(background) == dark
    await expect(visit.page.get_by_role("radio", name="Dark theme")).to_be_checked()


async def test_theme_is_known_before_the_first_style_sheet(visit: Visit) -> None:
    await visit.open("/")
    order = "[...document.head.querySelectorAll('script[src], link[rel=stylesheet]')].map(e => e.src || e.href)"
    addresses = await visit.page.evaluate(order)
    assert "/js/theme" in addresses[0]
    assert await visit.page.locator("head script").first.evaluate("script => script.async || script.defer") is False


async def test_the_server_learns_the_browsers_time_zone(visit: Visit) -> None:
    await visit.open("/")
    zone = await visit.page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    cookies = {cookie["name"]: cookie["value"] for cookie in await visit.page.context.cookies()}
    assert cookies["timezone"] == zone


async def test_menu_opens_and_closes_on_a_phone(visit: Visit) -> None:
    await visit.page.set_viewport_size({"width": 360, "height": 640})
    await visit.open("/")
    guide = visit.page.get_by_role("navigation", name="Main").get_by_role("link", name="Guide")
    await expect(guide).to_be_hidden()
    await visit.page.get_by_role("button", name="Menu").click()
    await expect(guide).to_be_in_viewport()
    assert await visit.accessibility_faults() == []
    await visit.page.keyboard.press("Escape")
    await expect(guide).to_be_hidden()


async def test_navigation_says_where_one_is(visit: Visit) -> None:
    await visit.open("/guide/")
    navigation = visit.page.get_by_role("navigation", name="Main")
    await expect(navigation.locator("[aria-current=page]")).to_have_text("Guide")


async def test_staff_see_the_endpoints_and_sign_out(visit: Visit) -> None:
    endpoints = visit.page.get_by_role("navigation", name="Main").get_by_role("link", name="Endpoints")
    await visit.sign_in("admin", staff=True, path="/guide/")
    await expect(endpoints).to_be_visible()
    await visit.page.get_by_role("button", name="Sign out").click()
    await expect(visit.page.get_by_role("link", name="Sign in")).to_be_visible()
    await expect(endpoints).to_be_hidden()


async def test_styleguide_is_nothing_to_those_who_are_not_staff(visit: Visit) -> None:
    await visit.sign_in("alice", path="/guide/")
    assert await visit.open("/styleguide/") == 404
    visit.forgive("404")
    await visit.sign_in("admin", staff=True, path="/guide/")
    assert await visit.open("/styleguide/") == 200


async def add_button(visit: Visit, attributes: str) -> None:
    await visit.page.evaluate(
        """attributes => {
             document.querySelector("main").insertAdjacentHTML("beforeend", `<button ${attributes}>Try it</button>`);
             htmx.process(document.querySelector("main"));
           }""",
        attributes,
    )


async def test_htmx_sends_the_csrf_token_of_who_is_signed_in(visit: Visit) -> None:
    await visit.sign_in("admin", staff=True, path="/styleguide/")
    await add_button(visit, 'hx-post="/accounts/sign-out/" hx-swap="none"')
    async with visit.page.expect_response("**/accounts/sign-out/") as waiting:
        await visit.page.get_by_role("button", name="Try it").click()
    answer = await waiting.value
    assert "x-csrftoken" in answer.request.headers
    assert answer.status != 403


async def test_a_request_that_fails_is_said_in_words(visit: Visit) -> None:
    await visit.open("/accounts/sign-in/")
    await add_button(visit, 'hx-get="/nothing-here/" hx-target="main"')
    await visit.page.get_by_role("button", name="Try it").click()
    toast = visit.page.get_by_role("status").get_by_text("That no longer exists")
    await expect(toast).to_be_visible()
    await visit.page.get_by_role("button", name="Try it").click()
    await visit.page.wait_for_load_state("networkidle")
    await expect(toast).to_have_count(1)
    visit.forgive("404")
    await visit.page.get_by_role("button", name="Dismiss").click()
    await expect(toast).to_be_hidden()


async def test_the_record_notices_inline_code_and_foreign_addresses(visit: Visit) -> None:
    await visit.open("/")
    assert visit.complaints == visit.offsite == []
    await visit.page.evaluate(
        """const script = document.createElement("script");
           script.textContent = "window.ran = true";
           document.body.append(script);"""
    )
    assert await visit.page.evaluate("window.ran") is None
    await visit.page.evaluate("document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.2:9/x.png'}))")
    await visit.page.wait_for_function("() => document.images[document.images.length - 1].complete")
    while len(visit.complaints) < 2:
        await visit.page.wait_for_event("console")
    visit.forgive("Content Security Policy")
    assert visit.complaints == []
    visit.requests.clear()
