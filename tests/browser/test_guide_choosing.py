"""Choosing and calculating in Chromium: accessible, narrow enough, following each change, kept in the URL."""

from urllib.parse import parse_qs, urlsplit

from channels.db import database_sync_to_async
from playwright.async_api import expect

from tests.browser.visit import Visit
from tests.support.shipped_guide import fill_guide

CHOICE = "/guide/choose/?task=chat&gpu=24&context=16384"
HARDWARE = "/guide/hardware/?model=13b-base&weights=fp8&gpu=t4&context=many&gpus=3"


async def test_choosing_and_calculating_are_accessible(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    for path in [f"{CHOICE}&mood=good", HARDWARE]:
        await visit.page.emulate_media(color_scheme="light")
        await visit.open(path)
        await expect(visit.page.locator("main h1")).to_be_visible()
        assert await visit.accessibility_faults() == []
        assert await visit.colour_faults() == []


async def test_both_fit_a_small_phone(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    await visit.page.set_viewport_size({"width": 360, "height": 640})
    for path in [CHOICE, HARDWARE]:
        await visit.open(path)
        await expect(visit.page.locator("main h1")).to_be_visible()
        assert await visit.overflow() <= 0
    assert await visit.accessibility_faults() == []


async def test_an_answer_given_by_keyboard_changes_the_recommendation_and_the_address(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    await visit.open("/guide/choose/?task=complete&after=no")
    first = visit.page.locator(".suggestion--first h3")
    await expect(first).to_contain_text("Code Llama 70B")
    await visit.page.get_by_label("No, it continues the text").focus()
    await visit.page.keyboard.press("ArrowDown")
    await expect(first).to_contain_text("Code Llama 13B")
    await visit.page.wait_for_url("**after=yes**")
    assert parse_qs(urlsplit(visit.page.url).query)["after"] == ["yes"]
    await expect(visit.page.get_by_label("Yes, it fills a gap")).to_be_focused()
    await visit.page.reload()
    await expect(first).to_contain_text("Code Llama 13B")


async def test_a_card_is_typed_by_its_name_and_questions_that_do_not_apply_go(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    await visit.open("/guide/choose/")
    first = visit.page.locator(".suggestion--first h3")
    await expect(first).to_contain_text("Code Llama 70B")
    gpu = visit.page.get_by_label("On which GPU or machine?")
    await gpu.fill("RTX 3060")
    await gpu.press("Enter")
    await expect(first).to_contain_text("Code Llama 13B")
    await expect(gpu).to_have_value("RTX 3060")
    await visit.page.get_by_label("Solve maths problems").check()
    await expect(gpu).to_have_count(0)
    await expect(visit.page.get_by_text("No Code Llama is for this.").last).to_be_visible()
    await visit.page.get_by_label("Complete code as you type").check()
    await expect(gpu).to_be_visible()


async def test_the_verdict_follows_each_change_and_stays_in_sight(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    await visit.page.set_viewport_size({"width": 1440, "height": 900})
    await visit.open("/guide/hardware/?model=7b-instruct&gpu=rtx-4090")
    verdict = visit.page.locator(".hardware-verdict")
    await expect(verdict).to_contain_text("Fits")
    await visit.page.get_by_label("Model", exact=True).select_option("13b-instruct")
    await expect(verdict).to_contain_text("Does not fit")
    await expect(visit.page.locator(".hardware-command")).to_have_count(0)
    await visit.page.get_by_label("Weights", exact=True).select_option("gguf-q4-k-m")
    await expect(verdict).to_contain_text("Fits")
    await expect(visit.page.locator(".hardware-command").first).to_contain_text("llama-server")
    await expect(verdict).to_be_in_viewport()
    assert parse_qs(urlsplit(visit.page.url).query)["weights"] == ["gguf-q4-k-m"]
