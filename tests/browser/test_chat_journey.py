"""The main job, with everything real: a question typed in Chromium, a reply of the local model, token by token."""

import re
from itertools import pairwise
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from playwright.async_api import Locator, Page, expect

from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.chat.markdown.renderer import render_markdown
from apps.chat.models import Conversation, Message, Role
from apps.endpoints.services import add_endpoint
from apps.generation.models import State
from apps.stores.threads import in_thread
from tests.browser.visit import Visit
from tests.support.markup import Markup
from tests.support.services import Running

PATIENCE = 600_000  # milliseconds, for a model on a busy machine
QUESTION = "What is a compiler?"
STORY = "Tell me a long story about a cat who learns to program. Use plain sentences only."
HALF_TYPED = 40  # letters at the end that may turn into an address or a label
OVER = re.compile("succeeded|failed|cancelled")

# Notes the reply's text whenever it changes, its letters only: markup comes and goes while it is being typed.
WATCH = """() => {
  window.seen = [];
  const note = () => {
    const body = document.querySelector('article[data-role="assistant"]:last-of-type .message__body');
    const text = body?.textContent.replace(/[^A-Za-z]/g, "") ?? "";
    if (text !== window.seen.at(-1)) window.seen.push(text);
  };
  const transcript = document.getElementById("transcript");
  new MutationObserver(note).observe(transcript, {childList: true, subtree: true, characterData: true});
  note();
}"""


@pytest.fixture
async def local_model(celery_worker_process: Running, model_server: str, transactional_db: None) -> None:
    await in_thread(add_endpoint)(name="local", url=model_server, protocol="openai", variant="instruct")


def letters(text: str) -> str:
    return re.sub("[^A-Za-z]", "", text)


def replies(page: Page) -> Locator:
    return page.locator('article[data-role="assistant"]')


def body(page: Page) -> Locator:
    return replies(page).last.locator(".message__body")


async def ask(page: Page, text: str) -> None:
    await page.get_by_role("textbox", name="Message").fill(text)
    await page.get_by_role("button", name="Send").click()


async def ask_first(page: Page, text: str) -> None:
    """Ask on the page of a new chat, and watch the reply on the one that it leads to."""
    await ask(page, text)
    await page.wait_for_url("**/chat/*-*/")
    await page.evaluate(WATCH)


async def is_being_written(page: Page, length: int = 40) -> None:
    await expect(replies(page).last).to_have_attribute("data-state", "running", timeout=PATIENCE)
    await page.wait_for_function("length => window.seen.at(-1).length > length", arg=length, timeout=PATIENCE)


async def is_over(page: Page) -> None:
    await expect(replies(page).last).to_have_attribute("data-state", OVER, timeout=PATIENCE)


async def stored_reply(page: Page) -> Message:
    """The last reply of the conversation that the page is on."""
    conversation = UUID(urlsplit(page.url).path.split("/")[2])

    def find() -> Message:
        return Message.objects.in_order().filter(conversation=conversation, role=Role.ASSISTANT).latest("position")

    return await in_thread(find)()


async def assert_shows_what_is_stored(page: Page) -> None:
    stored = await stored_reply(page)
    assert await replies(page).last.get_attribute("data-state") == stored.state
    assert await body(page).text_content() == Markup(render_markdown(stored.text)).text


def assert_grew(seen: list[str]) -> None:
    """The text came in steps, and each had all of the one before, but for markup that was only half typed."""
    steps = [text for text in seen if text]
    assert len(steps) > 3
    for earlier, later in pairwise(steps):
        assert later.startswith(earlier[:-HALF_TYPED])


@pytest.mark.usefixtures("local_model")
async def test_a_question_is_answered_token_by_token_and_kept(visit: Visit) -> None:
    page = visit.page
    await visit.sign_in("alice")
    await ask_first(page, QUESTION)
    await expect(page.locator('article[data-role="user"]')).to_contain_text(QUESTION)
    await is_being_written(page)
    await expect(page.get_by_role("button", name="Stop")).to_be_visible()
    await expect(page.get_by_role("button", name="Send")).to_be_hidden()
    await is_over(page)
    assert_grew(await page.evaluate("window.seen"))
    await assert_shows_what_is_stored(page)
    assert (await stored_reply(page)).state == State.SUCCEEDED
    await expect(page.get_by_role("status").filter(has_text="Reply complete.")).to_have_count(1)
    await expect(page.get_by_role("button", name="Send")).to_be_visible()

    sidebar = page.get_by_role("navigation", name="Conversations")
    await expect(sidebar.locator("[aria-current=page]")).to_contain_text(QUESTION)
    await expect(sidebar.get_by_text("being answered")).to_have_count(0)
    address = page.url
    await visit.open("/chat/")
    await expect(page.get_by_role("textbox", name="Message")).to_have_value("")
    await sidebar.get_by_role("link", name=QUESTION, exact=True).click()
    await page.wait_for_url(address)
    await assert_shows_what_is_stored(page)


@pytest.mark.usefixtures("local_model")
async def test_code_is_rendered_and_highlighted(visit: Visit) -> None:
    page = visit.page
    await visit.sign_in("alice")
    await ask_first(page, "Write a Python function that adds two numbers.")
    code = replies(page).last.locator(".code-block code").first
    await expect(code.locator("span.k").first).to_have_text("def", timeout=PATIENCE)
    await page.keyboard.press("Escape")  # stops what it goes on to say
    await is_over(page)
    await assert_shows_what_is_stored(page)


@pytest.mark.usefixtures("local_model")
async def test_stop_stops_and_the_text_stays_as_it_is(visit: Visit) -> None:
    page = visit.page
    await visit.sign_in("alice")
    await ask_first(page, STORY)
    await is_being_written(page)
    await page.get_by_role("button", name="Stop").click()
    await expect(replies(page).last).to_have_attribute("data-state", "cancelled")
    await expect(replies(page).last).to_contain_text("Stopped by you")
    await expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    await assert_shows_what_is_stored(page)
    assert_grew(await page.evaluate("window.seen"))
    stopped = await body(page).text_content()
    assert stopped

    # Further text of the model had time to arrive while it answers the next question.
    await ask(page, "Say hello.")
    await expect(replies(page)).to_have_count(2)
    await is_over(page)
    assert await replies(page).first.locator(".message__body").text_content() == stopped
    await page.reload()
    assert await replies(page).first.locator(".message__body").text_content() == stopped
    await assert_shows_what_is_stored(page)


@pytest.mark.usefixtures("counting")  # the small model could be done before the second tab is there
async def test_a_reload_and_a_second_tab_see_the_text_go_on(visit: Visit) -> None:
    page = visit.page
    await visit.sign_in("alice")
    await ask_first(page, "say list 6 times at 10 per second")
    await is_being_written(page)
    before = letters(await body(page).text_content() or "")
    await page.reload()
    await page.evaluate(WATCH)
    second = await page.context.new_page()
    await second.goto(page.url)
    await second.evaluate(WATCH)
    assert await replies(page).last.get_attribute("data-state") == "running"
    for tab in (page, second):
        await tab.wait_for_function("() => window.seen.length > 5", timeout=PATIENCE)
    await second.get_by_role("button", name="Stop").click()
    for tab in (page, second):
        await is_over(tab)
        seen = await tab.evaluate("window.seen")
        assert seen[0].startswith(before)
        assert_grew(seen)
        await assert_shows_what_is_stored(tab)


async def test_the_conversation_of_another_person_is_not_found(visit: Visit) -> None:
    def make() -> Conversation:
        owner, _ = create_user(username="bob")
        assert isinstance(owner, User)
        return Conversation.objects.create(owner=owner, title="Of bob")

    conversation = await in_thread(make)()
    await visit.sign_in("alice")
    assert await visit.open(conversation.get_absolute_url()) == 404
    visit.forgive("404")
