"""The endpoints' console in Chromium: it follows by itself, rests unseen, tests a server, and works by keyboard."""

from datetime import timedelta

from channels.db import database_sync_to_async
from django.utils import timezone
from playwright.async_api import Page, expect

from apps.endpoints.models import Endpoint, Health, Observation
from apps.endpoints.services import add_endpoint, set_endpoint_state
from tests.browser.counted_replies import PATIENCE
from tests.browser.visit import Visit
from tests.support.services import Running

LONG_NAME = "gpu-rack-02-codellama-34b-python-awq-int4-group128-behind-the-second-proxy"
STANDINGS = [
    ("gpu-1", "enabled", Health.HEALTHY, ""),
    (LONG_NAME, "enabled", Health.DEGRADED, "answered slowly"),
    ("gpu-3", "enabled", Health.DOWN, "stopped answering"),
    ("gpu-4", "draining", Health.HEALTHY, ""),
    ("gpu-5", "disabled", Health.UNKNOWN, ""),
]


def furnish() -> Endpoint:
    """One endpoint of each standing, the first with an hour of observations."""
    now = timezone.now()
    for name, state, health, reason in STANDINGS:
        endpoint = add_endpoint(
            name=name, url=f"http://{name[:20]}.internal.example.org:8080", protocol="tgi", variant="base", size="7B"
        )
        set_endpoint_state(name=name, state=state)
        facts = {"health": health, "health_reason": reason, "retry_at": now + timedelta(hours=1)}
        Endpoint.objects.filter(pk=endpoint.pk).update(**facts)
    first = Endpoint.objects.get(name="gpu-1")
    Observation.objects.bulk_create(
        Observation(
            endpoint=first,
            at=now - timedelta(minutes=minute),
            kind="traffic",
            ok=True,
            seconds_to_first_token=0.1 + minute / 1000,
            tokens_per_second=40 + minute % 7,
        )
        for minute in range(60)
    )
    return first


async def open_console(visit: Visit) -> Endpoint:
    first = await database_sync_to_async(furnish)()
    await visit.sign_in("admin", staff=True, path="/endpoints/?disabled")
    return first


def card(page: Page, endpoint: Endpoint) -> str:
    return f"#endpoint-{endpoint.pk}"


async def test_every_standing_is_accessible(visit: Visit) -> None:
    first = await open_console(visit)
    for word in ["Healthy", "Degraded", "Down", "Draining", "Disabled"]:
        await expect(visit.page.get_by_text(word, exact=True).first).to_be_visible()
    assert await visit.faults_in_both_themes() == []
    for path in [f"/endpoints/{first.pk}/", f"/endpoints/{first.pk}/activity/", "/endpoints/add/"]:
        await visit.open(path)
        assert await visit.faults_in_both_themes() == []


async def test_everything_fits_a_small_phone(visit: Visit) -> None:
    await visit.page.set_viewport_size({"width": 360, "height": 640})
    first = await open_console(visit)
    assert await visit.overflow() <= 0
    for path in [f"/endpoints/{first.pk}/", f"/endpoints/{first.pk}/activity/", "/endpoints/add/"]:
        await visit.open(path)
        assert await visit.overflow() <= 0


async def test_cards_follow_by_themselves(visit: Visit) -> None:
    first = await open_console(visit)
    shown = visit.page.locator(card(visit.page, first))
    await expect(shown.get_by_text("Healthy")).to_be_visible()
    edit = visit.page.get_by_role("link", name="Edit gpu-1")
    await edit.focus()
    await database_sync_to_async(Endpoint.objects.filter(pk=first.pk).update)(
        health=Health.DEGRADED, health_reason="was busy"
    )
    await expect(shown.get_by_text("Degraded")).to_be_visible()
    await expect(edit).to_be_focused()


async def test_nothing_is_asked_while_nobody_looks(visit: Visit) -> None:
    first = await open_console(visit)
    shown = visit.page.locator(card(visit.page, first))
    hide = "hidden => { Object.defineProperty(document, 'hidden', {configurable: true, get: () => hidden}); }"
    asks = "document.querySelector('[data-poll]').dispatchEvent(new CustomEvent('poll'))"
    async with visit.page.expect_response("**/endpoints/?disabled"):
        await visit.page.evaluate(asks)
    await visit.page.evaluate(hide, True)
    await database_sync_to_async(Endpoint.objects.filter(pk=first.pk).update)(health=Health.UNKNOWN)
    asked = len(visit.requests)
    for _ in range(3):
        await visit.page.evaluate(asks)
    await visit.page.evaluate("fetch('/healthz').then(answer => answer.text())")
    assert [url for url in visit.requests[asked:] if "healthz" not in url] == []
    await expect(shown.get_by_text("Healthy")).to_be_visible()
    await visit.page.evaluate(hide, False)
    await visit.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(shown.get_by_text("Not checked yet")).to_be_visible()


async def test_a_server_is_drained_by_keyboard(visit: Visit) -> None:
    await open_console(visit)
    await visit.page.get_by_role("link", name="Edit gpu-1").focus()
    await visit.page.keyboard.press("Tab")
    await expect(visit.page.get_by_role("button", name="Test gpu-1")).to_be_focused()
    await visit.page.keyboard.press("Tab")
    await expect(visit.page.get_by_role("button", name="Drain gpu-1")).to_be_focused()
    await visit.page.keyboard.press("Enter")
    await expect(visit.page.get_by_role("status").get_by_text("gpu-1 takes no new work")).to_be_visible()
    await expect(visit.page.get_by_role("button", name="Enable gpu-1")).to_be_visible()


async def test_the_test_button_shows_each_step(
    visit: Visit, celery_worker_process: Running, counting_server: str
) -> None:
    await visit.page.set_viewport_size({"width": 360, "height": 640})
    await visit.sign_in("admin", staff=True, path="/endpoints/add/")
    await visit.page.get_by_label("Name").fill("counting")
    await visit.page.get_by_label("URL").fill(counting_server)
    await visit.page.get_by_label("Protocol").select_option("openai")
    await visit.page.get_by_label("Variant").select_option("instruct")
    await visit.page.get_by_role("button", name="Test").press("Enter")
    await expect(visit.page.get_by_text("This server works")).to_be_in_viewport()
    steps = visit.page.get_by_role("region", name="Test").get_by_role("listitem")
    await expect(steps).to_have_count(8)
    await expect(steps.filter(has_text="Stream a reply")).to_contain_text("Passed")
    assert await visit.accessibility_faults() == []
    await expect(visit.page.get_by_label("Name")).to_have_value("counting")
    await visit.page.get_by_role("button", name="Add endpoint").click()
    await expect(visit.page.get_by_role("heading", name="counting")).to_be_visible()


async def test_address_is_looked_at_while_it_is_typed(visit: Visit, counting_server: str) -> None:
    await visit.sign_in("admin", staff=True, path="/endpoints/add/")
    await visit.page.get_by_label("Protocol").select_option("tgi")
    await visit.page.get_by_label("URL").press_sequentially(counting_server)
    found = visit.page.get_by_role("status").filter(has_text="Text Generation Inference answers, counting")
    await expect(found).to_be_visible(timeout=PATIENCE)
    assert await visit.accessibility_faults() == []
    await visit.page.get_by_label("URL").fill("http://127.0.0.1:9")
    await expect(visit.page.get_by_role("status").filter(has_text="refused the connection")).to_be_visible(
        timeout=PATIENCE
    )
    assert await Endpoint.objects.acount() == 0


async def test_what_cannot_be_tested_is_said(visit: Visit) -> None:
    await visit.sign_in("admin", staff=True, path="/endpoints/add/")
    await visit.page.get_by_label("URL").fill("http://169.254.169.254")
    await visit.page.get_by_role("button", name="Test").click()
    await expect(visit.page.get_by_role("alert")).to_contain_text("Not tested: correct the form first")
    visit.forgive("422")
