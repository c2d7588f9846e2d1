"""Presets in a browser: from the empty page, after a slash, in the settings, and without JavaScript."""

import re

import pytest
from playwright.async_api import Browser, Locator, expect

from apps.accounts.models import User
from apps.chat.models import Conversation, Preset
from apps.chat.services.presets import load_presets
from apps.stores.threads import in_thread
from tests.browser.test_chat_settings import make_talk
from tests.browser.visit import Visit

EXPLAIN = "Explain what this code does, step by step:\n\n"


def composer(visit: Visit) -> Locator:
    return visit.page.get_by_role("textbox", name="Message")


@pytest.fixture
async def talk(transactional_db: None) -> Conversation:
    await in_thread(load_presets)()
    return await in_thread(make_talk)()


@pytest.mark.usefixtures("talk")
async def test_starter_fills_message_and_settings_and_sends_nothing(visit: Visit) -> None:
    await visit.sign_in("alice")
    await composer(visit).fill("x = 1")
    await visit.page.get_by_role("link", name="Explain code").click()
    await expect(composer(visit)).to_be_focused()
    await expect(composer(visit)).to_have_value(f"{EXPLAIN}x = 1")
    await visit.page.get_by_role("link", name="Debug").click()
    around = re.compile(r"^This code does not .*\n\nx = 1\n\nWhat happens", re.DOTALL)
    await expect(composer(visit)).to_have_value(around)
    assert await composer(visit).evaluate("input => input.value.slice(0, input.selectionStart).endsWith('x = 1')")
    await visit.page.get_by_role("button", name="Conversation settings").click()
    panel = visit.page.get_by_role("dialog", name="Conversation settings")
    await expect(panel.get_by_label("System prompt")).to_have_value(re.compile("^You find mistakes in code"))
    await expect(panel.get_by_label("Temperature")).to_have_value("0.2")
    assert await in_thread(Conversation.objects.count)() == 1


@pytest.mark.usefixtures("talk")
async def test_slash_offers_presets_by_keyboard(visit: Visit) -> None:
    await visit.sign_in("alice")
    menu = visit.page.get_by_role("listbox", name="Presets")
    await composer(visit).press_sequentially("/")
    await expect(menu.get_by_role("option")).to_have_count(6)
    await expect(menu.get_by_role("option", selected=True)).to_have_text(re.compile("Explain code"))
    assert await visit.accessibility_faults() == []
    await composer(visit).press("ArrowUp")
    await expect(menu.get_by_role("option", selected=True)).to_have_text(re.compile("Review"))
    active = await menu.get_by_role("option", selected=True).get_attribute("id")
    await expect(composer(visit)).to_have_attribute("aria-activedescendant", active or "none")
    await composer(visit).press("Escape")
    await expect(menu).to_be_hidden()
    await composer(visit).press_sequentially("wri")
    await expect(menu).to_be_hidden()
    await composer(visit).fill("")
    await composer(visit).press_sequentially("/WRITE t")
    await expect(menu.get_by_role("option")).to_have_count(1)
    await composer(visit).press("Enter")
    await expect(menu).to_be_hidden()
    await expect(composer(visit)).to_have_value("Write unit tests for this function:\n\n")
    await expect(composer(visit)).not_to_have_attribute("aria-activedescendant", re.compile(".*"))
    assert await in_thread(Conversation.objects.count)() == 1


async def test_slash_in_a_conversation_changes_its_settings(visit: Visit, talk: Conversation) -> None:
    await visit.sign_in("alice", path=talk.get_absolute_url())
    await composer(visit).press_sequentially("/")
    await visit.page.get_by_role("option", name="Review").click()
    await expect(composer(visit)).to_have_value("Review this code:\n\n")
    await expect(visit.page.get_by_role("status").filter(has_text="uses the settings of “Review”")).to_be_visible()
    await in_thread(talk.refresh_from_db)()
    assert talk.system_prompt.startswith("You review code.")
    await composer(visit).fill("")
    await in_thread(Preset.objects.filter(key="debug").delete)()
    await composer(visit).press_sequentially("/debug")
    await composer(visit).press("Enter")
    await expect(visit.page.get_by_role("alert")).to_contain_text("This preset could not be used")
    visit.forgive("404")


async def test_presets_are_chosen_in_the_settings(visit: Visit, talk: Conversation) -> None:
    await visit.sign_in("alice", path=talk.get_absolute_url())
    await visit.page.get_by_role("button", name="Conversation settings").click()
    panel = visit.page.get_by_role("dialog", name="Conversation settings")
    await panel.get_by_label("Preset", exact=True).select_option("Explain code")
    await panel.get_by_role("button", name="Use preset").click()
    await expect(panel).to_be_hidden()
    await expect(composer(visit)).to_have_value(EXPLAIN)
    await expect(composer(visit)).to_be_focused()


def in_use(visit: Visit) -> Locator:
    return visit.page.get_by_role("button", name="Take off the preset")


async def test_preset_in_use_is_taken_off_in_a_new_conversation(visit: Visit, talk: Conversation) -> None:
    page = visit.page
    prompt = page.get_by_label("System prompt")
    await visit.sign_in("alice")
    await expect(in_use(visit)).to_be_hidden()
    await composer(visit).fill("x = 1")
    await page.get_by_role("link", name="Debug").click()
    await expect(in_use(visit)).to_have_text(re.compile("Debug"))
    assert await visit.accessibility_faults() == []
    await in_use(visit).click()
    await expect(in_use(visit)).to_be_hidden()
    await expect(composer(visit)).to_have_value("x = 1")
    await expect(composer(visit)).to_be_focused()
    await expect(prompt).to_have_value("")
    await page.get_by_role("link", name="Explain code").click()
    await expect(in_use(visit)).to_have_text(re.compile("Explain code"))
    await page.locator(f'#conversations a[href="{talk.get_absolute_url()}"]').first.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(talk.title)
    await expect(in_use(visit)).to_be_hidden()
    await page.go_back()
    await expect(in_use(visit)).to_have_text(re.compile("Explain code"))
    await page.get_by_role("button", name="Conversation settings").click()
    await prompt.fill("Answer in one line.")
    await page.keyboard.press("Escape")
    await expect(in_use(visit)).to_be_hidden()


async def test_preset_in_use_is_taken_off_in_a_conversation(visit: Visit, talk: Conversation) -> None:
    await visit.sign_in("alice", path=talk.get_absolute_url())
    await composer(visit).press_sequentially("/")
    await visit.page.get_by_role("option", name="Review").click()
    await expect(in_use(visit)).to_have_text(re.compile("Review"))
    await visit.page.reload()
    await in_use(visit).press("Enter")
    await expect(visit.page.get_by_role("status").filter(has_text="uses the usual settings")).to_be_visible()
    await expect(in_use(visit)).to_be_hidden()
    assert await visit.accessibility_faults() == []
    await in_thread(talk.refresh_from_db)()
    assert (talk.system_prompt, talk.parameters) == ("", {})


async def test_own_preset_is_made_from_the_settings(visit: Visit, talk: Conversation) -> None:
    await in_thread(lambda: Conversation.objects.update(system_prompt="Sort it."))()
    await visit.sign_in("alice", path=f"{talk.get_absolute_url()}settings/")
    await visit.page.get_by_role("link", name="make one of these settings").click()
    await expect(visit.page.get_by_label("System prompt")).to_have_value("Sort it.")
    await visit.page.get_by_label("Name").fill("My sorting")
    assert await visit.accessibility_faults() == []
    await visit.page.get_by_role("button", name="Save preset").click()
    await visit.page.get_by_role("link", name="My sorting", exact=True).click()
    await visit.page.get_by_role("button", name="Conversation settings").click()
    await expect(visit.page.get_by_label("System prompt")).to_have_value("Sort it.")


async def test_presets_without_javascript(visit: Visit, chromium: Browser, talk: Conversation) -> None:
    await visit.sign_in("alice")
    context = await chromium.new_context(java_script_enabled=False)
    await context.add_cookies(await visit.page.context.cookies())  # type: ignore[arg-type]  # as they came
    page = await context.new_page()
    await page.goto(f"{visit.site}/chat/")
    await page.get_by_role("link", name="Explain code").click()
    await expect(page.get_by_role("textbox", name="Message")).to_have_value(EXPLAIN)
    await page.get_by_role("textbox", name="Message").fill("x = 1")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("heading", name="x = 1", level=1)).to_be_visible()
    await page.get_by_role("button", name="Conversation settings").click()
    await page.get_by_label("Preset", exact=True).select_option("Debug")
    await page.get_by_role("button", name="Use preset").click()
    await expect(page.get_by_role("textbox", name="Message")).to_have_value(re.compile("^This code does not"))
    await context.close()
    made = await in_thread(lambda: Conversation.objects.exclude(pk=talk.pk).get())()
    assert made.system_prompt.startswith("You find mistakes in code.")


async def test_presets_fit_and_read_well_everywhere(visit: Visit, talk: Conversation) -> None:
    alice = await in_thread(lambda: User.objects.get(username="alice"))()
    await in_thread(lambda: Preset.objects.create(owner=alice, name="x" * 60, description="y" * 200))()
    await visit.sign_in("alice")
    for width in (360, 1440):
        await visit.page.set_viewport_size({"width": width, "height": 740})
        for address in ("/chat/", talk.get_absolute_url()):
            await visit.open(address)
            await composer(visit).fill("/")
            await expect(visit.page.get_by_role("listbox", name="Presets")).to_be_in_viewport()
            assert await visit.faults_in_both_themes() == []
            assert await visit.overflow() <= 0
            await composer(visit).fill("")
        for address in ("/chat/presets/", "/chat/presets/add/"):
            await visit.open(address)
            assert await visit.faults_in_both_themes() == []
            assert await visit.overflow() <= 0
