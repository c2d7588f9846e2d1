"""The calculator and the charts in Chromium: accessible, on a phone, by keyboard, and without JavaScript."""

import re

from channels.db import database_sync_to_async
from playwright.async_api import expect

from tests.browser.visit import Visit
from tests.support.shipped_guide import fill_guide

HARDWARE = "/guide/hardware/?model=70b-instruct&context=8192&gpus=3&gpu=a100-80gb&kv=8"
BENCHMARKS = "/guide/benchmarks/"


async def open_loaded(visit: Visit, path: str) -> None:
    await database_sync_to_async(fill_guide)()
    await visit.open(path)


async def test_figures_are_accessible_and_fit_a_phone(visit: Visit) -> None:
    await visit.page.emulate_media(color_scheme="light")
    await open_loaded(visit, HARDWARE)
    await expect(visit.page.get_by_text("cannot split this model over 3 cards")).to_be_visible()
    assert await visit.accessibility_faults() == []
    assert await visit.colour_faults() == []
    await visit.page.set_viewport_size({"width": 360, "height": 640})
    assert await visit.overflow() <= 0
    await visit.page.emulate_media(color_scheme="light")
    await visit.open(BENCHMARKS)
    await expect(visit.page.get_by_role("img", name="HumanEval, Instruct")).to_be_visible()
    assert await visit.overflow() <= 0
    assert await visit.accessibility_faults() == []
    assert await visit.colour_faults() == []


async def test_what_was_typed_is_repeated_without_widening_the_page(visit: Visit) -> None:
    await visit.page.set_viewport_size({"width": 360, "height": 640})
    word = "x" * 100
    await open_loaded(visit, f"/guide/hardware/?model={word}&context={word}&{word}=1")
    await expect(visit.page.get_by_text("means nothing here")).to_be_visible()
    assert await visit.overflow() <= 0


async def test_the_calculator_answers_as_one_types(visit: Visit) -> None:
    await open_loaded(visit, "/guide/hardware/?model=7b-instruct&context=-1&gpu=a100-80gb")
    page = visit.page
    await expect(page.locator(".errorlist")).to_have_count(1)
    await page.get_by_label("Context").fill("100,000")
    await page.keyboard.press("Tab")
    await expect(page.get_by_text("1 sequence of 100,000 tokens")).to_be_visible()
    await expect(page.get_by_label("KV cache", exact=True)).to_be_focused()
    await expect(page.locator(".errorlist")).to_have_count(0)
    await page.get_by_label("GPU or machine").select_option("other")
    await page.get_by_label("Memory of the other card").fill("30")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text(re.compile("^Does not fit: 34.38 GiB too little"))).to_be_visible()
    await expect(page).to_have_url(re.compile("gpu=other&memory=30"))
    await page.reload()
    await expect(page.get_by_text(re.compile("^Does not fit: 34.38 GiB too little"))).to_be_visible()


async def test_it_works_without_javascript(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    browser = visit.page.context.browser
    assert browser is not None
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(visit.site + "/guide/hardware/")
    await page.get_by_label("Model").select_option("34b-base")
    await page.get_by_label("GPU or machine").select_option("a100-80gb")
    await page.get_by_role("button", name="Calculate").click()
    await expect(page.get_by_text(re.compile("^Tight: "))).to_be_visible()
    await expect(page.get_by_label("Model")).to_have_value("34b-base")
    await page.goto(visit.site + BENCHMARKS)
    await page.get_by_role("link", name="pass@100").first.click()
    await expect(page.get_by_role("link", name="pass@100").first).to_have_attribute("aria-current", "true")
    await context.close()
