"""The composer on a phone: one line until something is written, then the message above one line of buttons."""

from collections.abc import Sequence

import pytest
from django.db import transaction
from playwright.async_api import Locator, expect

from apps.accounts.services import create_user
from apps.chat.models import Conversation, Preset
from apps.chat.services.messages.attach import attach_file
from apps.chat.services.presets import save_preset, use_preset
from apps.chat.services.settings import change_settings
from apps.endpoints.models import Endpoint, Health
from apps.stores.threads import in_thread
from tests.browser.visit import Visit
from tests.chat.exchanges import answered_conversation
from tests.chat.test_servers import server, server_down

FINGER = 44  # px
LONG = "codellama-13b-instruct-awq-node-07.gpu.eu-central.example"
OF_THE_DOCK = ("Attach text files", "Model: ", "Send")


@in_thread
def add_servers() -> None:
    server("gpu-1", health=Health.HEALTHY, priority=5, discovered_context_window=4096)
    server(LONG, health=Health.DEGRADED, discovered_context_window=4096)


@in_thread
@transaction.atomic
def conversation(*, endpoint: str = "", with_files: bool = False, preset: str = "") -> Conversation:
    alice, _ = create_user(username="alice")
    talk = answered_conversation(alice, "How do I sort?", "With `sorted`.")
    if preset:
        mine = save_preset(owner=alice, preset=Preset(name=preset, system_prompt="Be terse."))
        use_preset(preset=mine, conversation=talk)
    if endpoint:
        change_settings(conversation=talk, changes={"endpoint": endpoint})
    for name in ("rows.py", "a-very-long-name-that-nobody-thought-of-on-a-phone.txt") if with_files else ():
        attach_file(owner=alice, conversation=talk, name=name, content=b"x = 1\n")
    return talk


def message(visit: Visit) -> Locator:
    return visit.page.get_by_role("textbox", name="Message")


async def boxes(visit: Visit, parts: Sequence[Locator]) -> list[dict[str, float]]:
    """Measure all at one moment: the dock moves as the line below it changes."""
    elements = [await part.element_handle() for part in parts]
    measured = await visit.page.evaluate(
        "parts => parts.map((part) => part.getBoundingClientRect().toJSON())", elements
    )
    return list(measured)


async def middles(visit: Visit, *parts: Locator) -> list[float]:
    found = await boxes(visit, parts)
    assert all(min(box["height"], box["width"]) >= FINGER for box in found), found
    return [box["y"] + box["height"] / 2 for box in found]


async def is_one_line(visit: Visit) -> None:
    """Check both shapes of the dock: without a message, and with one."""
    buttons = [visit.page.get_by_role("button", name=name) for name in OF_THE_DOCK]
    settings = visit.page.get_by_role("button", name="Conversation settings")
    await message(visit).fill("")
    await expect(settings).to_be_hidden()
    in_line = await middles(visit, message(visit), *buttons)
    assert max(in_line) - min(in_line) <= 2
    assert await visit.overflow() <= 0
    await message(visit).fill("And then?")
    await expect(settings).to_be_visible()
    above, *in_line = await middles(visit, message(visit), *buttons, settings)
    assert max(in_line) - min(in_line) <= 2
    assert above < min(in_line) - FINGER / 2
    assert await visit.overflow() <= 0
    await message(visit).fill("")


@pytest.mark.parametrize("width", [320, 360])
async def test_it_is_one_line_in_every_state(visit: Visit, width: int) -> None:
    await visit.page.set_viewport_size({"width": width, "height": 740})
    await add_servers()
    talk, to_long, in_use, with_files = (
        await conversation(),
        await conversation(endpoint=LONG),
        await conversation(preset="Terse replies about anything that I ask"),
        await conversation(with_files=True),
    )
    await visit.sign_in("alice")
    paths = ("/chat/", "/chat/ask/", "/chat/?temporary=on")
    for path in (*paths, *(one.get_absolute_url() for one in (talk, to_long, in_use, with_files))):
        await visit.open(path)
        await is_one_line(visit)
    files = visit.page.get_by_role("list", name="Files that go with the message")
    first, second = await boxes(visit, await files.get_by_role("listitem").all())
    assert first["y"] == second["y"]
    assert await visit.accessibility_faults() == []


async def test_outage_leaves_it_one_line_and_says_what_is_down(visit: Visit) -> None:
    await visit.page.set_viewport_size({"width": 360, "height": 740})
    await add_servers()
    await in_thread(server_down)("gpu-9")
    talk = await conversation(endpoint="gpu-9")
    await visit.sign_in("alice", path=talk.get_absolute_url())
    await is_one_line(visit)
    await expect(visit.page.get_by_role("button", name="Model: gpu-9 down").get_by_text("down")).to_be_visible()
    await expect(visit.page.get_by_role("note", name="Model servers")).to_contain_text("gpu-9 has been down since")
    assert await visit.accessibility_faults() == []
    await in_thread(Endpoint.objects.all().delete)()
    await visit.open("/chat/")
    await is_one_line(visit)


async def test_settings_are_behind_the_model(visit: Visit) -> None:
    page = visit.page
    await page.set_viewport_size({"width": 360, "height": 740})
    await add_servers()
    talk = await conversation()
    for path in ("/chat/", talk.get_absolute_url()):
        await visit.sign_in("alice", path=path)
        model = page.get_by_role("button", name="Model: ")
        await model.click()
        picker = page.get_by_role("dialog", name="Choose the model")
        await expect(picker.get_by_role("button", name="gpu-1")).to_be_visible()
        assert await visit.accessibility_faults() == []
        await picker.get_by_role("button", name="Conversation settings").click()
        await expect(picker).to_be_hidden()
        await expect(page.get_by_role("dialog", name="Conversation settings")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog", name="Conversation settings")).to_be_hidden()
        await expect(model).to_be_focused()


async def test_first_steps_leave_room_for_the_suggestions(visit: Visit) -> None:
    page = visit.page
    await page.set_viewport_size({"width": 360, "height": 740})
    await add_servers()
    await visit.sign_in("root", staff=True, path="/chat/ask/")
    await expect(page.get_by_role("heading", name="Set up your workbench")).to_be_in_viewport()
    await expect(page.get_by_text("Try the chat")).to_be_visible()
    await expect(page.get_by_role("link", name="Invite somebody")).to_be_hidden()
    await expect(page.locator(".starter").last).to_be_in_viewport(ratio=1)
    assert await visit.accessibility_faults() == []
    await page.set_viewport_size({"width": 1280, "height": 800})
    await expect(page.get_by_role("link", name="Invite somebody")).to_be_visible()
