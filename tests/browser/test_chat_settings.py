"""The settings of a conversation in a browser: by keyboard, without JavaScript, and from a narrow screen."""

import re

import pytest
from django.db import transaction
from playwright.async_api import Browser, expect

from apps.accounts.services import create_user
from apps.chat.models import Conversation
from apps.chat.services.settings import change_settings
from apps.endpoints.models import Endpoint, Health
from apps.endpoints.services import add_endpoint
from apps.generation.services.write_positions import write_positions
from apps.stores.threads import in_thread
from tests.browser.counted_replies import is_written, last_reply
from tests.browser.visit import Visit
from tests.chat.exchanges import answered_conversation
from tests.generation.test_outage import add_down


@transaction.atomic  # or a worker at hand would be first to answer
def make_talk() -> Conversation:
    alice, _ = create_user(username="alice")
    add_endpoint(name="gpu-1", url="http://127.0.0.1:9", protocol="openai", variant="instruct")
    Endpoint.objects.update(health=Health.HEALTHY)
    return answered_conversation(alice, "How do I sort?", "With `sorted`.")


@transaction.atomic
def make_counted_talk() -> Conversation:
    alice, _ = create_user(username="alice")
    return answered_conversation(alice, "count to 3", "1 2 3")


async def test_settings_are_changed_by_keyboard(visit: Visit) -> None:
    page = visit.page
    talk = await in_thread(make_talk)()
    await visit.sign_in("alice", path=talk.get_absolute_url())
    opener = page.get_by_role("button", name="Conversation settings", exact=True)
    await opener.press("Enter")
    panel = page.get_by_role("dialog", name="Conversation settings")
    await expect(panel).to_be_visible()
    await panel.get_by_label("Model server").select_option("gpu-1")
    await panel.get_by_label("Temperature").fill("warm")
    await panel.get_by_label("Temperature").press("Enter")
    await expect(panel.get_by_label("Temperature")).to_be_focused()
    await expect(panel.get_by_label("Temperature")).to_have_accessible_description(
        re.compile(r"Write a number from 0 to 2, such as 0\.2\.$")
    )
    assert await visit.accessibility_faults() == []
    visit.forgive("422")
    await panel.get_by_label("Temperature").fill("0.2")
    await panel.get_by_label("Temperature").press("Enter")
    await expect(panel).to_be_hidden()
    await expect(page.get_by_role("status").filter(has_text="The next reply uses these settings.")).to_be_visible()
    await expect(opener).to_be_focused()
    await expect(page.get_by_role("button", name="Model: gpu-1 healthy")).to_be_visible()
    await in_thread(talk.refresh_from_db)()
    assert (talk.endpoint_name, talk.parameters) == ("gpu-1", {"temperature": 0.2})


async def test_model_is_picked_by_keyboard(visit: Visit) -> None:
    page = visit.page
    talk = await in_thread(make_talk)()
    await in_thread(add_down)("gpu-2")
    await visit.sign_in("alice", path=talk.get_absolute_url())
    picker = page.get_by_role("dialog", name="Choose the model")
    await page.get_by_role("button", name="Model: Best available Instruct").press("Enter")
    await expect(picker.get_by_role("button", name="Best available Instruct")).to_be_focused()
    await expect(picker.get_by_role("button", name="gpu-1")).to_contain_text("0 of 4 slots in use")
    await expect(picker.get_by_role("button", name="gpu-2")).to_contain_text("Down")
    assert await visit.accessibility_faults() == []
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(picker).to_be_hidden()
    await expect(page.get_by_role("button", name="Model: gpu-1 healthy")).to_be_visible()
    await in_thread(talk.refresh_from_db)()
    assert talk.endpoint_name == "gpu-1"


async def test_model_of_a_new_conversation_goes_with_its_first_message(visit: Visit) -> None:
    page = visit.page
    await in_thread(make_talk)()
    await visit.sign_in("alice")
    await page.get_by_role("button", name="Model: Best available Instruct").click()
    picker = page.get_by_role("dialog", name="Choose the model")
    async with page.expect_response("**/chat/servers/?settings-endpoint=gpu-1"):  # at once
        await picker.get_by_role("button", name="gpu-1").click()
    await expect(page.get_by_role("button", name="Model: gpu-1 healthy")).to_be_visible()
    async with page.expect_response("**/chat/servers/?settings-endpoint=gpu-1"):  # every ten seconds
        pass
    await expect(page.get_by_role("button", name="Model: gpu-1 healthy")).to_be_visible()
    for width in (768, 360):
        await page.set_viewport_size({"width": width, "height": 740})
        await page.get_by_role("button", name="Model: gpu-1").click()
        await expect(picker.get_by_role("button", name="Best available Instruct")).to_be_in_viewport()
        assert await visit.overflow() <= 0
        await page.keyboard.press("Escape")
    await page.get_by_role("textbox", name="Message").fill("How do I sort?")
    await page.get_by_role("button", name="Send").click()
    await page.wait_for_url("**/chat/*-*/")
    begun = await in_thread(Conversation.objects.latest)("created_at")
    assert begun.endpoint_name == "gpu-1"


async def test_saving_keeps_what_another_tab_saved(visit: Visit) -> None:
    talk = await in_thread(make_talk)()
    await visit.sign_in("alice", path=talk.get_absolute_url())
    await in_thread(change_settings)(conversation=talk, changes={"temperature": 0.2, "seed": 1})
    await visit.page.get_by_role("button", name="Conversation settings").click()
    panel = visit.page.get_by_role("dialog", name="Conversation settings")
    await panel.get_by_label("Temperature").fill("0.9")
    await panel.get_by_role("button", name="Save settings").click()
    await expect(panel).to_be_hidden()
    await in_thread(talk.refresh_from_db)()
    assert talk.parameters == {"temperature": 0.9, "seed": 1}


async def test_server_that_is_away_can_be_left_on_the_page(visit: Visit) -> None:
    talk = await in_thread(make_talk)()
    await in_thread(add_down)("gpu-2")
    await in_thread(change_settings)(conversation=talk, changes={"endpoint": "gpu-2"})
    await visit.sign_in("alice", path=talk.get_absolute_url())
    notice = visit.page.get_by_role("note", name="Model servers")
    await expect(notice).to_contain_text("gpu-2 has been down since")
    await notice.get_by_role("button", name="Use the best available").click()
    await expect(notice).to_have_count(0)
    await expect(visit.page.get_by_role("button", name="Model: Best available Instruct gpu-1 healthy")).to_be_visible()


@pytest.mark.usefixtures("counting")
async def test_question_that_waits_for_a_server_is_let_go_anywhere(visit: Visit) -> None:
    talk = await in_thread(make_counted_talk)()
    await visit.sign_in("alice", path=talk.get_absolute_url())
    await in_thread(add_down)("gpu-2")
    await in_thread(change_settings)(conversation=talk, changes={"endpoint": "gpu-2"})
    await visit.page.get_by_role("textbox", name="Message").fill("count to 5")
    await visit.page.get_by_role("button", name="Send").click()
    await expect(last_reply(visit.page)).to_have_attribute("data-state", "queued")
    notice = visit.page.get_by_role("note", name="Model servers")
    await expect(notice).to_contain_text("Nothing else may answer in this conversation.")
    await expect(notice).to_contain_text("counting answers.")
    await in_thread(write_positions)()
    await expect(last_reply(visit.page)).to_contain_text(
        re.compile("gpu-2 has been down since .* in case it comes back")
    )
    await notice.get_by_role("button", name="Use the best available").click()
    await is_written(visit.page, to=5)


async def test_settings_fit_and_read_well_everywhere(visit: Visit) -> None:
    talk = await in_thread(make_talk)()
    await visit.sign_in("alice", path="/chat/")
    for width in (360, 1440):
        await visit.page.set_viewport_size({"width": width, "height": 740})
        for address in ("/chat/", talk.get_absolute_url()):
            await visit.open(address)
            if width == 360:
                await visit.page.get_by_role("button", name="Model: ").click()
            await visit.page.get_by_role("button", name="Conversation settings").click()
            await expect(visit.page.get_by_role("dialog", name="Conversation settings")).to_be_visible()
            assert await visit.faults_in_both_themes() == []
            assert await visit.overflow() <= 0
        await visit.open(f"{talk.get_absolute_url()}settings/")
        assert await visit.faults_in_both_themes() == []
        assert await visit.overflow() <= 0


async def test_settings_without_javascript(visit: Visit, chromium: Browser) -> None:
    talk = await in_thread(make_talk)()
    await visit.sign_in("alice", path="/chat/")
    cookies = await visit.page.context.cookies()
    context = await chromium.new_context(java_script_enabled=False)
    await context.add_cookies(cookies)  # type: ignore[arg-type]  # as they came
    page = await context.new_page()
    await page.goto(visit.site + talk.get_absolute_url())
    await page.get_by_role("button", name="Conversation settings").click()
    await page.get_by_label("Seed").fill("7")
    await page.get_by_role("button", name="Save settings").click()
    await expect(page.get_by_role("status").filter(has_text="The next reply uses these settings.")).to_be_visible()
    await page.goto(f"{visit.site}/chat/")
    await page.get_by_role("button", name="Conversation settings").click()
    await page.get_by_label("Seed").fill("8")
    await page.get_by_role("button", name="Close settings").click()
    await page.get_by_role("textbox", name="Message").fill("What is a list?")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("heading", name="What is a list?", level=1)).to_be_visible()
    await context.close()
    seeds = await in_thread(lambda: [talk.parameters for talk in Conversation.objects.order_by("created_at")])()
    assert seeds == [{"seed": 7}, {"seed": 8}]
