"""Another conversation opens in the page that is there: no page is loaded, and Back and Forward work."""

import re

from playwright.async_api import Locator, Page, expect

from apps.accounts.services import create_user
from apps.chat.models import Conversation
from apps.stores.threads import in_thread
from tests.browser.counted_replies import PATIENCE, is_under_way, is_written, last_reply
from tests.browser.listed_conversations import conversations
from tests.browser.visit import Visit
from tests.chat.exchanges import answered_conversation

IN_VIEW = "element => Math.round(element.getBoundingClientRect().top - scroller.getBoundingClientRect().top)"

SOCKETS = """
window.sockets = [];
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    sockets.push(this);
  }
};
"""
CONNECTED = "sockets.at(-1)?.readyState === WebSocket.OPEN"
NOTE_OPEN_SOCKETS = """() => {
  window.openWhileSwapping = [];
  const { swap } = htmx;
  htmx.swap = (options) => {
    const open = sockets.filter(({ readyState }) => readyState === WebSocket.OPEN);
    if (options.selectOOB) openWhileSwapping.push(open.length);
    return swap.call(htmx, options);
  };
}"""


def listed(page: Page, conversation: Conversation) -> Locator:
    return page.locator("#conversation-list").get_by_role("link", name=conversation.title, exact=True)


def message(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message")


async def remember_page(page: Page) -> None:
    await page.evaluate("window.isTheSamePage = true")


async def assert_same_page(page: Page) -> None:
    assert await page.evaluate("window.isTheSamePage")


def at(conversation: Conversation) -> re.Pattern[str]:
    """Return a pattern for its address, with whatever comes after the path."""
    return re.compile(f"{conversation.get_absolute_url()}([?#].*)?$")


async def assert_shows(page: Page, conversation: Conversation) -> None:
    await expect(page.get_by_role("heading", level=1)).to_have_text(conversation.title)
    question = page.locator('article[data-role="user"] .message__body').first
    await expect(question).to_have_text(conversation.title)
    await expect(page).to_have_title(f"{conversation.title} · Code Llama Workbench")
    await expect(page.locator("#conversations [aria-current]")).to_have_text([conversation.title])
    await expect(page).to_have_url(at(conversation))


async def test_conversation_opens_without_a_page_load_and_back_and_forward_work(visit: Visit) -> None:
    page = visit.page
    first, second, third = await conversations()
    await visit.sign_in("alice", path=third.get_absolute_url())
    await remember_page(page)
    await listed(page, second).click()
    await assert_shows(page, second)
    await expect(message(page)).to_be_focused()
    assert await visit.accessibility_faults() == []
    await listed(page, first).press("Enter")
    await assert_shows(page, first)
    await page.go_back()
    await assert_shows(page, second)
    await page.go_back()
    await assert_shows(page, third)
    await page.go_forward()
    await assert_shows(page, second)
    await assert_same_page(page)
    await page.get_by_role("link", name="Actions for this conversation").click()
    await page.get_by_text("Rename", exact=True).click()
    await page.get_by_role("textbox", name="Title").fill("Renamed where it opened")
    await page.get_by_role("button", name="Save title").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Renamed where it opened")
    await assert_same_page(page)
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Renamed where it opened")


async def test_no_frame_of_one_conversation_reaches_another(visit: Visit) -> None:
    page = visit.page
    first, second, _ = await conversations()
    await page.add_init_script(SOCKETS)
    await visit.sign_in("alice", path=first.get_absolute_url())
    await page.wait_for_function(f"() => {CONNECTED}", timeout=PATIENCE)
    await page.evaluate(NOTE_OPEN_SOCKETS)
    await listed(page, second).click()
    await assert_shows(page, second)
    await page.wait_for_function(f"() => sockets.length > 1 && {CONNECTED}", timeout=PATIENCE)
    assert await page.evaluate("openWhileSwapping") == [0]


async def test_each_conversation_keeps_its_draft_and_its_settings(visit: Visit) -> None:
    page = visit.page
    first, second, _ = await conversations()
    await visit.sign_in("alice", path=first.get_absolute_url())
    await remember_page(page)
    await message(page).fill("half a question")
    await page.get_by_role("button", name="Conversation settings").click()
    await page.get_by_role("textbox", name="System prompt").fill("Not saved here")
    await page.keyboard.press("Escape")
    await listed(page, second).click()
    await assert_shows(page, second)
    await expect(message(page)).to_have_value("")
    await page.get_by_role("button", name="Conversation settings").click()
    await expect(page.get_by_role("textbox", name="System prompt")).to_have_value("")
    await page.get_by_role("textbox", name="System prompt").fill("Answer in one line.")
    await page.get_by_role("button", name="Save settings").click()
    await expect(page.get_by_role("dialog", name="Conversation settings")).to_be_hidden()
    await listed(page, first).click()
    await assert_shows(page, first)
    await expect(message(page)).to_have_value("half a question")
    prompts = await in_thread(
        lambda: [Conversation.objects.get(pk=each.pk).system_prompt for each in (first, second)]
    )()
    assert prompts == ["", "Answer in one line."]
    await assert_same_page(page)


async def test_reply_goes_on_in_the_conversation_it_belongs_to(visit: Visit, counting: None) -> None:
    page = visit.page
    first, second, _ = await conversations()
    await visit.sign_in("alice", path=first.get_absolute_url())
    await remember_page(page)
    await listed(page, second).click()
    await assert_shows(page, second)
    await message(page).fill("count to 60 at 20 per second and hold at 59 (opened)")
    await message(page).press("Enter")
    await is_under_way(page)
    await listed(page, first).click()
    await assert_shows(page, first)
    await expect(page.locator('article[data-state="running"]')).to_have_count(0)
    await page.go_back()
    await expect(page.get_by_role("article")).to_have_count(4)
    await is_written(page)
    await expect(page.get_by_role("article")).to_have_count(4)
    await listed(page, first).click()
    await assert_shows(page, first)
    await message(page).fill("count to 5 at 20 per second")
    await message(page).press("Enter")
    await expect(last_reply(page).locator(".message__body")).to_have_text("1 2 3 4 5", timeout=PATIENCE)
    questions = await in_thread(
        lambda: [list(each.messages.values_list("question", flat=True)) for each in (first, second)]
    )()
    assert "count to 5 at 20 per second" in questions[0]
    assert "count to 5 at 20 per second" not in questions[1]
    await assert_same_page(page)


async def test_back_returns_to_where_one_read(visit: Visit) -> None:
    page = visit.page
    text = "\n\n".join(f"Paragraph {number}." for number in range(120))

    @in_thread
    def long_and_short() -> tuple[Conversation, Conversation]:
        alice, _ = create_user(username="alice")
        return answered_conversation(alice, "A long one", text), answered_conversation(alice, "A short one", "Yes.")

    long, short = await long_and_short()
    await visit.sign_in("alice", path=long.get_absolute_url())
    await remember_page(page)
    paragraph = page.get_by_text("Paragraph 60.")
    await expect(page.get_by_text("Paragraph 119.")).to_be_in_viewport()
    await page.get_by_role("region", name="Messages").hover()
    await page.mouse.wheel(0, -2500)
    await expect(page.get_by_role("button", name="Jump to latest")).to_be_visible()
    await paragraph.evaluate("element => element.scrollIntoView({ block: 'center' })")
    top = await paragraph.evaluate(IN_VIEW)
    await listed(page, short).click()
    await assert_shows(page, short)
    await expect(page.get_by_role("button", name="Jump to latest")).to_be_hidden()
    await page.go_back()
    await assert_shows(page, long)
    await expect(paragraph).to_be_in_viewport()
    assert abs(await paragraph.evaluate(IN_VIEW) - top) <= 1
    await assert_same_page(page)


async def test_one_live_connection_is_open_however_often_one_changes(visit: Visit) -> None:
    page = visit.page
    await page.add_init_script(SOCKETS)
    first, second, _ = await conversations()
    await visit.sign_in("alice", path=first.get_absolute_url())
    await remember_page(page)
    for conversation in (second, first, second, first, second):
        await listed(page, conversation).click()
        await assert_shows(page, conversation)
    open_ones = "sockets.filter(({ readyState }) => readyState === WebSocket.OPEN).map(({ url }) => url)"
    await page.wait_for_function(f"() => sockets.length === 6 && {open_ones}.length === 1", timeout=PATIENCE)
    (address,) = await page.evaluate(open_ones)
    assert str(second.pk) in address
    asked = [url for url in visit.requests if "/chat/servers/" in url or url.endswith("/manage/")]
    await page.get_by_role("link", name="Actions for this conversation").click()
    await expect(page.get_by_role("button", name="Pin")).to_be_visible()
    asked_since = [url for url in visit.requests if url.endswith("/manage/")][
        len([url for url in asked if "/manage/" in url]) :
    ]
    assert len(asked_since) == 1  # one listener
    assert str(second.pk) in asked_since[0]
    await assert_same_page(page)


async def test_modified_clicks_and_other_links_are_the_browsers(visit: Visit) -> None:
    page = visit.page
    first, second, _ = await conversations()
    await visit.sign_in("alice", path=first.get_absolute_url())
    async with page.context.expect_page() as opening:
        await listed(page, second).click(modifiers=["ControlOrMeta"])
    other = await opening.value
    await expect(other.get_by_role("heading", level=1)).to_have_text(second.title)
    await assert_shows(page, first)
    await remember_page(page)
    await page.get_by_role("link", name="Presets", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Presets")
    await page.go_back()
    await assert_shows(page, first)


async def test_conversation_that_is_gone_is_left_to_the_browser(visit: Visit) -> None:
    page = visit.page
    first, second, _ = await conversations()
    await visit.sign_in("alice", path=first.get_absolute_url())
    link = listed(page, second)
    await expect(link).to_be_visible()
    await in_thread(Conversation.objects.filter(pk=second.pk).delete)()
    await link.click()
    await expect(page.get_by_role("heading", level=1)).not_to_have_text(first.title)
    await expect(page).to_have_url(at(second))
    visit.forgive("404")  # the browser's words, for the fetch and for the page


async def test_drawer_closes_over_the_opened_conversation(visit: Visit) -> None:
    page = visit.page
    await page.set_viewport_size({"width": 360, "height": 740})
    first, second, _ = await conversations()
    await visit.sign_in("alice", path=first.get_absolute_url())
    await remember_page(page)
    await page.get_by_role("button", name="Conversations").click()
    await listed(page, second).click()
    await assert_shows(page, second)
    await expect(listed(page, second)).to_be_hidden()
    assert await visit.accessibility_faults() == []
    await assert_same_page(page)
