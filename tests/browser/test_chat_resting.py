"""A page that rests while things change, and toasts that come and go."""

from playwright.async_api import expect

from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.stores.threads import in_thread
from tests.browser.visit import Visit

OVER = """toast => {
  const { left, right, top, bottom } = toast.getBoundingClientRect();
  return [...document.querySelectorAll("a, button, input, textarea, summary, select")]
    .filter(control => !toast.contains(control) && control.checkVisibility() && !control.matches(".skip-link"))
    .filter(control => {
      const box = control.getBoundingClientRect();
      return box.left < right && left < box.right && box.top < bottom && top < box.bottom && box.width > 1;
    })
    .map(control => control.outerHTML.slice(0, 100));
}"""


@in_thread
def add_healthy() -> None:
    add_endpoint(name="gpu-1", url="http://gpu-1:80", protocol="tgi", variant="instruct")
    Endpoint.objects.update(health="healthy")


@in_thread
def kill() -> None:
    Endpoint.objects.update(health="down", health_since="2026-11-29T12:00Z", retry_at="2027-01-01T00:00Z")


async def test_composer_says_that_its_server_went_down(visit: Visit) -> None:
    await add_healthy()
    await visit.sign_in("alice")
    page = visit.page
    answering = page.get_by_role("button", name="Model: ")
    await expect(answering).to_contain_text("healthy")
    await kill()
    await expect(answering).to_contain_text("down")
    await expect(page.get_by_role("note", name="Model servers")).to_contain_text("No model server has answered since")


async def test_toasts_go_and_cover_no_control(visit: Visit) -> None:
    page = visit.page
    await page.clock.install()
    await visit.sign_in("alice")
    say = "text => import(document.querySelector('script[src*=shell]').src).then(({ showToast }) => showToast(text))"
    for width, path in ((1440, "/chat/"), (360, "/chat/"), (1440, "/chat/presets/"), (360, "/chat/presets/")):
        await page.set_viewport_size({"width": width, "height": 800})
        await visit.open(path)
        await page.evaluate(say, "Saved. The next reply uses these settings.")
        toast = page.locator(".toast")
        await expect(toast).to_be_visible()
        assert await toast.evaluate(OVER) == []
        assert await visit.overflow() == 0
    await toast.get_by_role("button").focus()
    await page.clock.run_for(30_000)
    await expect(toast).to_be_visible()  # somebody is about to press it
    await page.locator("h1").click()
    await page.clock.run_for(9_000)
    await expect(toast).to_have_count(0)
