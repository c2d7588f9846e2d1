"""The list of conversations in Chromium: renamed, pinned, archived, deleted and brought back, by keyboard too."""

import pytest
from channels.db import database_sync_to_async
from playwright.async_api import expect

from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.chat.models import Conversation
from apps.chat.services.send import start_conversation
from apps.chat.services.stop import stop_reply
from tests.browser.visit import Visit
from tests.chat.exchanges import answered_conversation

QUESTIONS = ("How do I read a CSV file?", "What is a generator?", "Why is my loop slow?")


@database_sync_to_async
def conversations() -> list[Conversation]:
    alice, _ = create_user(username="alice")
    return [answered_conversation(alice, question, "Like **this**.") for question in QUESTIONS]


@database_sync_to_async
def begin(text: str) -> Conversation:
    return start_conversation(owner=User.objects.get(username="alice"), text=text).conversation


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_conversation_is_put_in_order(visit: Visit, theme: str) -> None:
    page = visit.page
    await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    first, second, third = await conversations()
    await visit.sign_in("alice", path=third.get_absolute_url())
    listed = page.locator("#conversation-list")

    await page.get_by_role("link", name=f"Actions for {first.title}").click()
    await expect(page.get_by_role("button", name="Pin")).to_be_visible()
    assert await visit.accessibility_faults() == []
    await page.get_by_role("button", name="Pin").click()
    await expect(listed.get_by_role("heading").first).to_have_text("Pinned")

    await page.get_by_role("link", name="Actions for this conversation").click()
    await page.get_by_text("Rename", exact=True).click()
    await page.get_by_role("textbox", name="Title").fill("My slow loop")
    await page.get_by_role("button", name="Save title").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("My slow loop")
    await expect(listed.get_by_role("link", name="My slow loop", exact=True)).to_be_visible()
    await expect(page).to_have_title("My slow loop · Code Llama Workbench")

    await page.get_by_role("link", name=f"Actions for {second.title}").click()
    await page.get_by_role("button", name="Delete").click()
    await expect(listed.get_by_role("link", name=second.title, exact=True)).to_have_count(0)
    assert await visit.accessibility_faults() == []
    await page.get_by_role("button", name="Undo").click()
    await expect(listed.get_by_role("link", name=second.title, exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="Undo")).to_have_count(0)

    await page.get_by_role("link", name="Actions for this conversation").click()
    await page.get_by_role("button", name="Delete").click()
    await expect(page.get_by_text("“My slow loop” was deleted.")).to_be_visible()
    assert await visit.accessibility_faults() == []
    await page.get_by_role("button", name="Undo").click()
    await expect(listed.get_by_role("link", name="My slow loop", exact=True)).to_be_visible()


async def test_keyboard_is_enough(visit: Visit) -> None:
    page = visit.page
    _, second, third = await conversations()
    await visit.sign_in("alice", path=third.get_absolute_url())
    link = page.get_by_role("link", name=f"Actions for {second.title}")
    await link.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Rename", exact=True)).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(link).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Rename", exact=True)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("textbox", name="Title")).to_be_focused()
    await page.keyboard.type("Generators")
    await page.keyboard.press("Enter")
    await expect(page.locator("#conversation-list").get_by_role("link", name="Generators", exact=True)).to_be_visible()
    archive = page.get_by_role("link", name="Actions for Generators")
    await expect(archive).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Rename", exact=True)).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("button", name="Archive")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(archive).to_have_count(0)


async def test_another_tab_that_is_answered_shows_its_dot(visit: Visit) -> None:
    page = visit.page
    *_, third = await conversations()
    await page.clock.install()
    await visit.sign_in("alice", path=third.get_absolute_url())
    other = await begin("Something else")
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    dot = page.locator(f"#listed-{other.pk} .live-dot")
    await expect(dot).to_be_visible()
    await database_sync_to_async(stop_reply)(conversation=other)
    await page.clock.fast_forward(12_000)
    await expect(dot).to_have_count(0)


async def test_it_fits_a_small_phone(visit: Visit) -> None:
    page = visit.page
    await page.set_viewport_size({"width": 360, "height": 640})
    first, *_ = await conversations()
    await visit.sign_in("alice", path="/chat/")
    await page.get_by_role("button", name="Conversations").click()
    await page.get_by_role("link", name=f"Actions for {first.title}").click()
    await expect(page.get_by_role("button", name="Archive")).to_be_in_viewport(ratio=1)
    assert await visit.overflow() <= 0
    assert await visit.accessibility_faults() == []
    await page.get_by_role("button", name="Archive").click()
    await expect(page.get_by_role("link", name=first.title, exact=True)).to_have_count(0)
    await visit.open("/chat/archive/")
    assert await visit.overflow() <= 0
    await expect(page.get_by_role("link", name=first.title, exact=True)).to_be_visible()
    assert await visit.accessibility_faults() == []
