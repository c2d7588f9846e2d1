"""Nothing of a reply jumps while it is written: items, rows and lines of code appear as what they will be."""

import re

import pytest
from playwright.async_api import expect

from apps.accounts.services import create_user
from apps.chat.models import Conversation
from apps.chat.services.messages.send import start_conversation
from apps.stores.threads import in_thread
from tests.browser.counted_replies import PATIENCE, last_reply, let_go
from tests.browser.visit import Visit

# Begins before the page does. Nobody clicks or types here, so that every shift counts.
SHIFTS = """
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.shifted += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
"""


@in_thread
def ask(text: str) -> Conversation:
    alice, _ = create_user(username="alice")
    return start_conversation(owner=alice, text=text).conversation


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("kind", ["list", "table", "code"])
async def test_what_is_there_stays_where_it_is(visit: Visit, counting: None, kind: str, width: int) -> None:
    page = visit.page
    await page.set_viewport_size({"width": width, "height": 800})
    await visit.sign_in("alice")
    await page.add_init_script(SHIFTS)
    conversation = await ask(f"say {kind} at 60 per second and hold at 20")
    await visit.open(conversation.get_absolute_url())
    await expect(last_reply(page)).to_have_attribute("data-state", "running", timeout=PATIENCE)
    await let_go()
    await expect(page.get_by_text("That is all.")).to_be_visible(timeout=PATIENCE)
    assert 0 < await page.evaluate("window.shifted") < 0.1


async def test_code_has_its_colours_while_it_is_written(visit: Visit, counting: None) -> None:
    page = visit.page
    conversation = await ask("say code at 60 per second and hold at 60")
    await visit.sign_in("alice", path=conversation.get_absolute_url())
    code = last_reply(page).locator("pre code")
    await expect(code).to_contain_text("import csv", timeout=PATIENCE)
    keyword = code.locator("span", has_text=re.compile("^import$")).first
    await expect(keyword).to_be_visible(timeout=PATIENCE)
    await expect(last_reply(page)).to_have_attribute("data-state", "running")
    colour = "element => getComputedStyle(element).color"
    assert await keyword.evaluate(colour) != await code.evaluate(colour)
