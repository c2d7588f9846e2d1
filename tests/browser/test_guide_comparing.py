"""The comparison and the overview as people see them: at once, in place, on a phone, in print, without JavaScript."""

from urllib.parse import parse_qs, urlsplit

from channels.db import database_sync_to_async
from playwright.async_api import Browser, Locator, ViewportSize, expect

from tests.browser.visit import Visit
from tests.support.shipped_guide import fill_guide

COMPARE = "/guide/compare/"
WIDE = f"{COMPARE}?pick=7b-base&pick=34b-instruct&pick=70b-instruct&pick=python&sort=-layers"
# Few rows: axe takes seconds for hundreds of cells.
SHORT = f"{COMPARE}?pick=7b-base&pick=7b-instruct&only=differences&sort=-humaneval-pass-1&colour=blue"
# Pixels by which rows above may grow or shrink, as their texts wrap in other columns.
A_LINE = 48
PHONE: ViewportSize = {"width": 360, "height": 640}


async def top_of(element: Locator) -> float:
    box = await element.bounding_box()
    assert box is not None
    return box["y"]


async def test_the_requested_table_is_seen_at_once(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    await visit.page.set_viewport_size({"width": 1440, "height": 900})
    await visit.open("/guide/")
    last = visit.page.get_by_role("table").locator("tbody tr").last
    box = await last.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 900
    assert await visit.accessibility_faults() == []
    assert await visit.colour_faults() == []


async def test_a_comparison_is_accessible(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    await visit.open(SHORT)
    await visit.page.locator(".mark").first.click()
    await expect(visit.page.locator(".note:popover-open")).to_have_count(1)
    assert await visit.accessibility_faults() == []
    assert await visit.colour_faults() == []


async def test_on_a_small_phone_figures_stand_under_the_name_of_their_row(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    await visit.page.set_viewport_size(PHONE)
    for path in ("/guide/", WIDE, SHORT):
        await visit.open(path)
        assert await visit.overflow() <= 0
        row = visit.page.get_by_role("row").filter(has=visit.page.get_by_role("cell")).first
        name, figure = row.get_by_role("rowheader"), row.get_by_role("cell").first
        assert await top_of(figure) > await top_of(name)
    await visit.page.evaluate("scrollTo(0, document.body.scrollHeight / 2)")
    assert await top_of(visit.page.locator(".compare__table thead")) > 0, "the header stays"
    assert await visit.accessibility_faults() == []


async def test_a_note_opens_without_javascript_and_is_a_footnote_in_print(
    visit: Visit, chromium: Browser, live_asgi_server: str
) -> None:
    await database_sync_to_async(fill_guide)()
    context = await chromium.new_context(java_script_enabled=False)
    page = await context.new_page()
    for path in ("/guide/", COMPARE, "/guide/models/7b-base/"):
        await page.goto(live_asgi_server + path)
        mark = page.locator(".mark").first
        note = page.locator(f"#{await mark.get_attribute('popovertarget')}")
        await expect(note).to_be_hidden()
        await mark.click()
        await expect(note).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(note).to_be_hidden()
        await page.emulate_media(media="print")
        await expect(note).to_be_visible()
        await expect(page.locator(".sources__url").first).to_be_visible()
        await page.emulate_media(media="screen")
    await context.close()


async def test_a_pick_by_keyboard_keeps_the_focus_and_the_address(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    await visit.open(f"{COMPARE}?pick=7b-base&pick=13b-base")
    heads = visit.page.locator(".compare__table thead th")
    await expect(heads).to_have_count(3)
    await visit.page.get_by_role("button", name="Add model").focus()
    await visit.page.keyboard.press("Enter")
    box = visit.page.locator("#pick-34b-base")
    await box.focus()
    await visit.page.keyboard.press("Space")
    await expect(heads).to_have_count(4)
    await expect(box).to_be_focused()
    assert parse_qs(urlsplit(visit.page.url).query)["pick"] == ["7b-base", "13b-base", "34b-base"]


async def test_sorting_and_removing_keep_the_place(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    await visit.open(f"{COMPARE}?pick=7b-base&pick=7b-python&pick=70b-instruct")
    heads = visit.page.locator(".compare__table thead th")
    name = visit.page.get_by_role("button", name="MultiPL-E, Java")
    await name.click()
    before = await top_of(name)
    assert await visit.page.evaluate("scrollY") > 0
    await visit.page.get_by_role("link", name="largest first").locator("visible=true").click()
    await expect(heads.nth(1)).to_contain_text("70B")
    assert parse_qs(urlsplit(visit.page.url).query)["sort"] == ["-multipl-e-java"]
    assert abs(await top_of(name) - before) < A_LINE
    await visit.page.keyboard.press("Escape")
    before = await top_of(name)
    await visit.page.get_by_role("link", name="Remove Code Llama – Python 7B").click()
    await expect(heads).to_have_count(3)
    assert abs(await top_of(name) - before) < A_LINE


async def test_a_group_folds_without_leaving_the_page(visit: Visit) -> None:
    await database_sync_to_async(fill_guide)()
    await visit.open(COMPARE)
    row = visit.page.get_by_role("button", name="Layers")
    await expect(row).to_be_hidden()
    await visit.page.get_by_role("checkbox", name="Architecture").check()
    await expect(row).to_be_visible()
    await visit.page.get_by_role("checkbox", name="Architecture").uncheck()
    await expect(row).to_be_hidden()
