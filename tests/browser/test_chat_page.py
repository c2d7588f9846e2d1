"""The chat's page in a browser: for every reader, at every width, and the composer's keys."""

from django.db import transaction
from playwright.async_api import Locator, expect

from apps.accounts.services import create_user
from apps.chat.models import Conversation
from apps.chat.services.messages.send import start_conversation
from apps.generation.models import State
from apps.stores.threads import in_thread
from tests.browser.visit import Visit
from tests.chat.exchanges import answer, answered_conversation, answered_message

REPLY = """\
# Sorting

Use **`sorted`**, see [the docs](https://docs.example/):

```python
numbers = sorted([3, 1, 2])  # a comment
```

| call | gives |
|:-----|------:|
| `sorted(x)` | a new list of everything that was in the old one |

> 1. quoted

مرحبا

"""


async def finished_conversation() -> Conversation:
    """A reply with everything in it, and one that failed after it."""

    @transaction.atomic  # or a worker at hand would be first to answer
    def make() -> Conversation:
        alice, _ = create_user(username="alice")
        conversation = answered_conversation(alice, "How do I sort?\n\n" + "x" * 200, REPLY)
        answered_message(conversation, "And again?", "y" * 300 + f"\n\n```\n{'z' * 300}\n```\n")
        failed = start_conversation(owner=alice, text="What is a list?")
        answer(failed, "A list", state=State.FAILED, error="The model server is gone.")
        return conversation

    return await in_thread(make)()


def composer(visit: Visit) -> Locator:
    return visit.page.get_by_role("textbox", name="Message")


async def test_chat_is_accessible(visit: Visit) -> None:
    conversation = await finished_conversation()
    await visit.sign_in("alice", path="/chat/")
    assert await visit.faults_in_both_themes() == []
    for link in ("How do I sort?", "What is a list?"):
        await visit.page.get_by_role("link", name=link, exact=True).click()
        await expect(visit.page.get_by_role("article")).not_to_have_count(0)
        assert await visit.faults_in_both_themes() == []
    assert conversation.title == "How do I sort?"


async def test_chat_never_scrolls_sideways(visit: Visit) -> None:
    conversation = await finished_conversation()
    await visit.sign_in("alice", path="/chat/")
    for width in (360, 768, 1440):
        await visit.page.set_viewport_size({"width": width, "height": 740})
        await visit.open("/chat/")
        assert await visit.overflow() <= 0, width
        await visit.open(conversation.get_absolute_url())
        assert await visit.overflow() <= 0, width
        scroller = visit.page.get_by_role("region", name="Messages")
        assert await scroller.evaluate("element => element.scrollWidth - element.clientWidth") <= 0, width
        assert await visit.page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0, width
        await expect(composer(visit)).to_be_in_viewport()


async def test_messages_and_composer_can_be_read_fourfold(visit: Visit) -> None:
    """A window of 1280 by 1024 at 400 %: what does not fit at once is reached by scrolling."""
    await visit.page.set_viewport_size({"width": 320, "height": 256})
    conversation = await finished_conversation()
    await visit.sign_in("alice", path=conversation.get_absolute_url())
    assert await visit.overflow() <= 0
    scroller = visit.page.get_by_role("region", name="Messages")
    assert await scroller.evaluate("element => element.clientHeight") > 150
    await composer(visit).scroll_into_view_if_needed()
    await expect(composer(visit)).to_be_in_viewport()
    send = visit.page.get_by_role("button", name="Send")
    await send.scroll_into_view_if_needed()
    await expect(send).to_be_in_viewport()


async def test_sidebar_is_a_drawer_on_a_phone(visit: Visit) -> None:
    await visit.page.set_viewport_size({"width": 360, "height": 740})
    await finished_conversation()
    await visit.sign_in("alice", path="/chat/")
    link = visit.page.get_by_role("link", name="How do I sort?", exact=True)
    toggle = visit.page.get_by_role("button", name="Conversations")
    await expect(link).to_be_hidden()
    await toggle.focus()
    await visit.page.keyboard.press("Enter")
    await expect(link).to_be_in_viewport()
    assert await visit.accessibility_faults() == []
    await visit.page.keyboard.press("Escape")
    await expect(link).to_be_hidden()
    await expect(toggle).to_be_focused()
    await visit.page.keyboard.press("Enter")
    await link.click()
    await expect(visit.page.get_by_role("heading", name="How do I sort?", level=1)).to_be_visible()


async def test_phone_has_one_header_and_a_bar_of_one_line(visit: Visit) -> None:
    await visit.page.set_viewport_size({"width": 360, "height": 740})
    conversation = await finished_conversation()
    await visit.sign_in("alice", path=conversation.get_absolute_url())
    heading = visit.page.get_by_role("heading", name="How do I sort?", level=1)
    box = await heading.bounding_box()
    assert box is not None
    assert box["y"] < 56
    parts = [visit.page.get_by_role("button", name=name) for name in ("Attach text files", "Model: ", "Send")]
    tops = [box["y"] + box["height"] / 2 for part in parts if (box := await part.bounding_box())]
    assert len(tops) == 3
    assert max(tops) - min(tops) < 20
    for path in (conversation.get_absolute_url(), "/chat/presets/"):
        await visit.open(path)
        await visit.page.get_by_role("button", name="Menu").click()
        await expect(visit.page.get_by_role("link", name="Guide", exact=True)).to_be_in_viewport()
        assert await visit.accessibility_faults() == []
        assert await visit.overflow() <= 0


async def test_notch_and_home_bar_of_a_phone_cover_nothing(visit: Visit) -> None:
    page = visit.page
    await page.set_viewport_size({"width": 390, "height": 844})
    conversation = await finished_conversation()
    await visit.sign_in("alice", path=conversation.get_absolute_url())
    emulation = await page.context.new_cdp_session(page)
    insets = {"top": 47, "bottom": 34, "left": 0, "right": 0}
    await emulation.send("Emulation.setSafeAreaInsetsOverride", {"insets": insets})
    heading = page.get_by_role("heading", name="How do I sort?", level=1)
    await page.wait_for_function("() => document.querySelector('h1').getBoundingClientRect().top >= 47")
    foot = await page.locator(".composer__foot").bounding_box()
    top = await heading.bounding_box()
    assert foot is not None
    assert top is not None
    assert foot["y"] + foot["height"] <= 844 - 34
    assert top["y"] < 47 + 56
    await page.get_by_role("button", name="Conversations").click()
    new = await page.get_by_role("link", name="New conversation").bounding_box()
    assert new is not None
    assert new["y"] >= 47
    assert await visit.overflow() <= 0
    await visit.open("/guide/")
    await page.wait_for_function("() => document.querySelector('.topbar__brand').getBoundingClientRect().top >= 47")
    assert await visit.overflow() <= 0


async def test_draft_survives_a_reload_and_ends_with_its_message(visit: Visit) -> None:
    """There is no endpoint here: what is asked fails, in words."""
    await visit.sign_in("alice", path="/chat/")
    await expect(composer(visit)).to_be_focused()
    await visit.page.keyboard.type("first line")
    await visit.page.keyboard.press("Shift+Enter")
    await visit.page.keyboard.type("second line")
    await expect(composer(visit)).to_have_value("first line\nsecond line")
    await visit.page.reload()
    await expect(composer(visit)).to_have_value("first line\nsecond line")
    await visit.page.keyboard.press("Enter")
    await visit.page.wait_for_url("**/chat/*-*/")
    await expect(visit.page.locator('article[data-role="user"]')).to_contain_text("first line\nsecond line")
    await visit.open("/chat/")
    await expect(composer(visit)).to_have_value("")


async def test_empty_message_is_not_sent(visit: Visit) -> None:
    await visit.sign_in("alice", path="/chat/")
    posted = [url for url in visit.requests if url.endswith("/chat/")]
    await composer(visit).fill("   \n ")
    await composer(visit).press("Enter")
    await visit.page.get_by_role("button", name="Send").click()
    await expect(visit.page.get_by_role("alert")).to_have_text("Write a message first.")
    assert len([url for url in visit.requests if url.endswith("/chat/")]) == len(posted) + 1
    assert not await in_thread(Conversation.objects.exists)()
    visit.forgive("422")


async def test_code_is_copied_wrapped_and_downloaded(visit: Visit) -> None:
    await visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    conversation = await finished_conversation()
    await visit.sign_in("alice", path=conversation.get_absolute_url())
    block, long = visit.page.locator(".code-block").first, visit.page.locator(".code-block").last
    said = visit.page.locator("#announcer")
    await block.get_by_role("button", name="Copy").focus()
    await visit.page.keyboard.press("Enter")
    await expect(block.get_by_role("button", name="Copied")).to_be_visible()
    await expect(said).to_have_text("Copied the code.")
    copied = await visit.page.evaluate("navigator.clipboard.readText()")
    assert copied == "numbers = sorted([3, 1, 2])  # a comment"

    async with visit.page.expect_download() as downloading:
        await block.get_by_role("button", name="Download").click()
    file = await downloading.value
    assert file.suggested_filename == "code-1.py"
    assert (await file.path()).read_text() == f"{copied}\n", "a file ends its last line"

    overflow = "element => element.scrollWidth - element.clientWidth"
    assert await long.locator("pre").evaluate(overflow) > 0
    await long.get_by_role("button", name="Wrap", exact=True).click()
    assert await long.locator("pre").evaluate(overflow) == 0
    await expect(said).to_have_text("Long lines of code are wrapped.")
    await visit.page.reload()
    await expect(block.get_by_role("button", name="Unwrap")).to_be_visible()
    assert await long.locator("pre").evaluate(overflow) == 0
    await block.get_by_role("button", name="Unwrap").click()
    assert await long.locator("pre").evaluate(overflow) > 0


async def test_code_is_opened_in_the_playground(visit: Visit) -> None:
    conversation = await finished_conversation()
    await visit.sign_in("alice", path=conversation.get_absolute_url())
    block = visit.page.locator(".code-block").first
    code = await block.locator("code").text_content()
    await block.get_by_role("button", name="Open in playground").focus()
    await visit.page.keyboard.press("Enter")
    await visit.page.wait_for_url("**/playground/complete/?draft=*")
    await expect(visit.page.get_by_role("textbox", name="Code", exact=True)).to_have_value(code or "")
    await visit.page.go_back()
    await expect(block.get_by_role("button", name="Open in playground")).to_be_visible()


async def test_code_that_is_being_written_is_not_opened(visit: Visit) -> None:
    conversation = await finished_conversation()
    await visit.sign_in("alice", path=conversation.get_absolute_url())
    message, button = (
        visit.page.locator(".message:has(.code-block)").first,
        visit.page.locator("[data-playground]").first,
    )
    await expect(button).to_be_visible()
    await message.evaluate("message => { message.dataset.state = 'running' }")
    await expect(button).to_be_hidden()
