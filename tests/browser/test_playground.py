"""The playground by accessible name: fill, stop, accept, dismiss, ghost text by keys, side by side."""

import os
from collections.abc import Awaitable, Callable

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from apps.endpoints.services import add_endpoint
from apps.stores.threads import in_thread
from tests.browser.counted_replies import held_count
from tests.browser.visit import Visit
from tests.support.scripted_server import release
from tests.support.services import Running

SHOTS = os.environ.get("PLAYGROUND_SHOTS", "")


def numbers(last: int) -> str:
    return " ".join(str(number) for number in range(1, last + 1))


@pytest_asyncio.fixture(loop_scope="session")
async def base(celery_worker_process: Running, counting_server: str, transactional_db: None) -> None:
    for name, variant, size in (("gpu-1", "base", "7B"), ("gpu-2", "instruct", "13B")):
        await in_thread(add_endpoint)(
            name=name,
            url=counting_server,
            protocol="openai",
            variant=variant,
            size=size,
            model_id=f"codellama/CodeLlama-{size.lower()}-hf",
            max_concurrency=20,
        )


@pytest.fixture
def button(visit: Visit) -> Callable[[str], Locator]:
    return lambda name: visit.page.get_by_role("button", name=name, exact=True)


@pytest.fixture
def textbox(visit: Visit) -> Callable[[str], Locator]:
    return lambda name: visit.page.get_by_role("textbox", name=name, exact=True)


type By = Callable[[str], Locator]


def output(visit: Visit) -> Locator:
    return visit.page.locator("[data-run]")


async def state_is(visit: Visit, state: str) -> None:
    await expect(output(visit)).to_have_attribute("data-state", state)


async def shoot(visit: Visit, name: str) -> None:
    if not SHOTS:
        return
    for width in (1440, 768, 360):
        for scheme in ("light", "dark"):
            await visit.page.set_viewport_size({"width": width, "height": 900})
            await visit.page.emulate_media(color_scheme=scheme)
            await visit.page.screenshot(path=f"{SHOTS}/{name}-{width}-{scheme}.png", full_page=True)
            assert await visit.overflow() == 0
    await visit.page.set_viewport_size({"width": 1280, "height": 800})


async def test_a_gap_is_filled_and_accepted(
    visit: Visit, base: None, button: By, textbox: By, counting_server: str
) -> None:
    question = held_count(40)
    await visit.sign_in("alice", path="/playground/fill/")
    await textbox("Before the gap").fill(f"{question}\n  x = [  ")
    await textbox("After the gap").fill("  ]\n\nprint(x)\n")
    await button("Fill").click()
    await expect(button("Stop")).to_be_visible()
    await expect(output(visit)).to_contain_text("1 2 3 4")
    await visit.page.reload()  # goes on where it was
    await expect(button("Stop")).to_be_visible()
    await in_thread(release)(counting_server, [question])
    await state_is(visit, "succeeded")
    await expect(output(visit).locator(".output__text")).to_have_text(numbers(40))
    await expect(button("Stop")).to_be_hidden()
    await shoot(visit, "fill")
    assert await visit.accessibility_faults() == []
    await button("Accept").click()
    await expect(textbox("Before the gap")).to_have_value(f"{question}\n  x = [  {numbers(40)}")
    await expect(textbox("After the gap")).to_have_value("  ]\n\nprint(x)\n")
    await expect(output(visit)).to_have_attribute("data-decision", "accepted")
    await textbox("Before the gap").press("Control+z")
    await expect(textbox("Before the gap")).to_have_value(f"{question}\n  x = [  ")


async def test_stop_and_dismiss(visit: Visit, base: None, button: By, textbox: By) -> None:
    await visit.sign_in("alice", path="/playground/fill/")
    await textbox("Before the gap").fill("count to 900 at 20 per second and hold at 800\n")
    await textbox("After the gap").fill("\n")
    await button("Fill").click()
    await expect(output(visit)).to_contain_text("1 2 3")
    await button("Stop").click()
    await state_is(visit, "cancelled")
    text = await output(visit).locator(".output__text").text_content()
    assert text
    assert numbers(900).startswith(text)
    await button("Dismiss").click()
    await expect(output(visit)).to_have_attribute("data-decision", "dismissed")
    await expect(textbox("Before the gap")).to_have_value("count to 900 at 20 per second and hold at 800\n")


async def test_ghost_text_is_taken_by_word_and_whole(visit: Visit, base: None, button: By, textbox: By) -> None:
    await visit.sign_in("alice", path="/playground/complete/")
    code = textbox("Code")
    await code.fill("count to 9 at 20 per second\n")
    await code.press("Control+Enter")
    ghost = visit.page.locator(".pane__ghost ins")
    await state_is(visit, "succeeded")
    await expect(ghost).to_have_text(numbers(9))
    await shoot(visit, "complete")
    assert await visit.accessibility_faults() == []
    await code.press("Control+ArrowRight")
    await code.press("Control+ArrowRight")
    await expect(code).to_have_value("count to 9 at 20 per second\n1 2")
    await expect(ghost).to_have_text(" 3 4 5 6 7 8 9")
    await code.press("Tab")
    await expect(code).to_have_value(f"count to 9 at 20 per second\n{numbers(9)}")
    await expect(ghost).to_have_count(0)
    await expect(output(visit)).to_have_attribute("data-decision", "accepted")
    await code.press("Tab")  # moves on: the field is no trap
    await expect(code).not_to_be_focused()


async def test_the_gap_is_put_at_the_cursor(visit: Visit, base: None, button: By, textbox: By) -> None:
    await visit.sign_in("alice", path="/playground/fill/")
    before, after = textbox("Before the gap"), textbox("After the gap")
    await before.fill("one\n  two\nthree\n")
    await before.press("Control+Home")
    for key in ("ArrowDown", "End"):
        await before.press(key)
    await button("Put the gap at the cursor").click()
    await expect(before).to_have_value("one\n  two")
    await expect(after).to_have_value("\nthree\n")
    await expect(before).to_be_focused()
    await after.focus()
    await after.press("Control+End")
    await after.press("Alt+Enter")
    await expect(before).to_have_value("one\n  two\nthree\n")
    await expect(after).to_have_value("")
    await before.press("Control+z")
    await expect(before).to_have_value("one\n  two")


async def test_what_was_accepted_is_undone(visit: Visit, base: None, button: By, textbox: By) -> None:
    """By key and by button; each time the ghost text is there again."""
    await visit.sign_in("alice", path="/playground/complete/")
    code, ghost = textbox("Code"), visit.page.locator(".pane__ghost ins")
    await code.fill("count to 9\n")
    await code.press("Control+Enter")
    await state_is(visit, "succeeded")
    await code.press("Control+ArrowRight")
    await expect(code).to_have_value("count to 9\n1")
    await code.press("Control+z")
    await expect(code).to_have_value("count to 9\n")
    await expect(ghost).to_have_text(numbers(9))
    await button("Word").click()
    await code.press("Tab")
    await expect(code).to_have_value(f"count to 9\n{numbers(9)}")
    await expect(output(visit)).to_have_attribute("data-decision", "accepted")
    await code.press("Control+z")
    await expect(output(visit)).to_have_attribute("data-decision", "")
    await expect(code).to_have_value("count to 9\n")
    await expect(ghost).to_have_text(numbers(9))
    await code.press_sequentially("1 2")  # typed along with it
    await expect(ghost).to_have_text(" 3 4 5 6 7 8 9")
    await button("Accept").click()
    await expect(button("Undo")).to_be_visible()
    await visit.page.reload()
    await expect(code).to_have_value(f"count to 9\n{numbers(9)}")
    await button("Undo").click()
    await expect(code).to_have_value("count to 9\n")
    await expect(ghost).to_have_text(numbers(9))
    await button("Accept").click()
    await expect(button("Undo")).to_be_visible()
    await code.press("!")
    await button("Undo").click()  # the text went on since: it stays
    await expect(code).to_have_value(f"count to 9\n{numbers(9)}!")
    await expect(output(visit)).to_have_attribute("data-decision", "accepted")


async def test_code_has_colours_under_the_same_text(visit: Visit, base: None, button: By, textbox: By) -> None:
    await visit.sign_in("alice", path="/playground/fill/")
    before, paint = textbox("Before the gap"), visit.page.locator(".pane__paint").first
    await before.fill("def f(x):\n    return 12  # why\n")
    await expect(paint.locator(".k").first).to_have_text("def")
    await expect(paint.locator(".c1")).to_have_text("# why")
    await before.press("Control+Home")
    await before.press_sequentially("class A:\n")
    assert await paint.text_content() == await before.input_value()  # at once, before the colours are there
    await expect(paint.locator(".nc")).to_have_text("A")
    assert await paint.text_content() == await before.input_value()
    assert await visit.accessibility_faults() == []
    await visit.page.get_by_text("More settings").click()
    await visit.page.get_by_role("combobox", name="Colours").select_option(label="No colours")
    await expect(paint).to_be_empty()
    await expect(before).not_to_have_css("color", "rgba(0, 0, 0, 0)")


async def test_an_output_without_text_is_accessible(visit: Visit, base: None, button: By, textbox: By) -> None:
    await visit.sign_in("alice", path="/playground/complete/")
    await textbox("Code").fill("count to 9 and hold at 1\n")
    await button("Complete").click()
    await expect(button("Stop")).to_be_visible()
    assert await visit.accessibility_faults() == []
    await button("Stop").click()
    await state_is(visit, "cancelled")
    await expect(output(visit).locator(".output__text")).to_be_empty()
    assert await visit.accessibility_faults() == []


async def test_escape_stops_then_dismisses(visit: Visit, base: None, textbox: By) -> None:
    await visit.sign_in("alice", path="/playground/complete/")
    code = textbox("Code")
    await code.fill("count to 900 and hold at 5\n")
    await code.press("Control+Enter")
    await expect(output(visit)).to_contain_text(numbers(4))
    await code.press("Escape")
    await state_is(visit, "cancelled")
    await expect(output(visit)).to_have_attribute("data-decision", "")
    await code.press("Escape")
    await expect(output(visit)).to_have_attribute("data-decision", "dismissed")
    await expect(code).to_have_value("count to 900 and hold at 5\n")


async def test_side_by_side(visit: Visit, base: None, button: By, textbox: By) -> None:
    await visit.sign_in("alice", path="/playground/side-by-side/")
    await visit.page.get_by_role("radio", name="Completion").check()
    await textbox("Prompt").fill("count to 30 at 20 per second\n")
    await button("Run").click()
    await expect(output(visit)).to_have_count(2)
    for column in range(2):
        await expect(output(visit).nth(column)).to_have_attribute("data-state", "succeeded")
        await expect(output(visit).nth(column).locator(".output__text")).to_have_text(numbers(30))
        await expect(output(visit).nth(column)).to_contain_text("tokens/s")
    await shoot(visit, "side-by-side")
    assert await visit.accessibility_faults() == []


async def test_pages_that_show_and_list(visit: Visit, base: None, button: By, textbox: By) -> None:
    await visit.sign_in("alice", path="/playground/complete/")
    await textbox("Code").fill("count to 3\n")
    await button("Complete").click()
    await state_is(visit, "succeeded")
    steps: list[Callable[[], Awaitable[object]]] = [
        lambda: visit.page.get_by_role("link", name="What was sent").click(),
        lambda: visit.page.goto(f"{visit.site}/playground/"),
    ]
    for number, step in enumerate(steps):
        await step()
        await expect(visit.page.get_by_role("heading", level=1)).to_be_visible()
        assert await visit.accessibility_faults() == []
        await shoot(visit, f"page-{number}")


async def test_where_no_model_can(visit: Visit, transactional_db: None, button: By) -> None:
    await visit.sign_in("alice", path="/playground/fill/")
    await expect(visit.page.get_by_role("link", name="Code Llama 7B", exact=True)).to_be_visible()
    await expect(button("Fill")).to_be_disabled()
    assert await visit.accessibility_faults() == []
    assert await visit.colour_faults() == []
    await shoot(visit, "unavailable")
