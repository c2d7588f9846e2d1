"""The guide in Chromium: accessible, on a phone, as one types, and without a complaint about its structured data."""

from channels.db import database_sync_to_async
from playwright.async_api import expect

from tests.browser.visit import Visit
from tests.support.shipped_guide import fill_guide

PAGES = {
    "/guide/models/70b-instruct/": "Sources disagree",
    "/guide/models/": "Side by side",
    "/guide/prompting/": "Show the prompt",
    "/guide/glossary/": "KV cache",
    "/guide/sources/": "Cited in",
    "/guide/running/": "Type the function",
    "/guide/fine-tuning/": "QLoRA, NF4",
    "/guide/questions/": "Tokens a second",
    "/guide/hardware/": "Keep in mind",
}


async def test_pages_are_accessible_and_fit_a_phone(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    for path, text in PAGES.items():
        await visit.page.emulate_media(color_scheme="light")
        await visit.page.set_viewport_size({"width": 1280, "height": 800})
        await visit.open(path)
        await expect(visit.page.get_by_text(text).first).to_be_visible()
        assert await visit.accessibility_faults() == [], path
        assert await visit.colour_faults() == [], path
        await visit.page.set_viewport_size({"width": 360, "height": 640})
        assert await visit.overflow() <= 0, path
    await visit.open("/guide/models/70b-instruct/")
    hidden = await visit.page.locator(".known").evaluate_all(
        "tables => tables.map(({parentElement: box}) => box.scrollHeight - box.clientHeight)"
    )
    assert len(hidden) > 5
    assert max(hidden) <= 1, "what is long is read with the page, not in a box of its own"


async def test_the_calculator_copies_commands_and_opens_its_sources(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    page = visit.page
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await visit.open("/guide/hardware/")
    await page.get_by_label("Copy the command for Text Generation Inference").click()
    await expect(page.get_by_text("Copied").first).to_be_visible()
    assert (await page.evaluate("navigator.clipboard.readText()")).startswith("docker run ")
    source = page.locator(".sources > li").first
    await expect(source).to_be_hidden()
    await page.locator(f"a[href='#{await source.get_attribute('id')}']").first.press("Enter")
    await expect(source).to_be_in_viewport()


async def test_the_prompt_follows_what_one_types(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    await visit.open("/guide/prompting/")
    page = visit.page
    shown = page.locator("#prompt-preview pre")
    await page.get_by_label("System message", exact=True).fill("")
    await page.get_by_label("Question", exact=True).fill("Two\nlines")
    await expect(shown).to_have_text("<s>[INST] Two\nlines [/INST]", use_inner_text=False)
    await expect(page.get_by_label("Question", exact=True)).to_be_focused()
    await page.get_by_label("Question", exact=True).fill("Explain <step>")
    await expect(shown).to_have_text("<s>[INST] Explain < step> [/INST]")
    await page.get_by_label("Question", exact=True).fill("Hi")
    await expect(shown).to_have_text("<s>[INST] Hi [/INST]")


async def test_the_table_of_contents_is_there_on_a_phone_without_javascript(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    browser = visit.page.context.browser
    assert browser is not None
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 640})
    page = await context.new_page()
    await page.goto(visit.site + "/guide/pitfalls/")
    link = page.get_by_role("navigation", name="Pages of the guide").get_by_role("link", name="34B Instruct")
    await expect(link).to_be_hidden()
    await page.get_by_role("button", name="All pages of the guide").click()
    await link.click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Code Llama – Instruct 34B")
    await page.goto(visit.site + "/guide/prompting/?kind=infill")
    await page.get_by_label("Before the cursor").fill("x = ")
    await page.get_by_label("After the cursor").fill("\ny")
    await page.get_by_role("button", name="Show the prompt").click()
    await expect(page.locator("#prompt-preview pre")).to_have_text("<s><PRE> <SUF>\ny <MID> x = ", use_inner_text=False)
    await context.close()
