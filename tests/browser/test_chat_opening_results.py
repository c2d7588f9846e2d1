"""Results of a search open in the page that is there, at the message that was found, and Back leads out."""

from django.db import transaction
from playwright.async_api import Locator, Page, expect

from apps.accounts.services import create_user
from apps.chat.models import Conversation, Message
from apps.chat.services.messages.versions import edit_question
from apps.stores.threads import in_thread
from tests.browser.listed_conversations import conversations
from tests.browser.new_conversation import assert_is_new
from tests.browser.test_chat_opening import (
    assert_same_page,
    assert_shows,
    at,
    remember_page,
)
from tests.browser.visit import Visit
from tests.chat.exchanges import answer
from tests.chat.long_conversations import long_conversation

FOUND = "() => [...(CSS.highlights.get('found') ?? [])].join()"


async def found(page: Page, conversation: Conversation, words: str) -> Locator:
    await page.get_by_role("searchbox", name="Search your conversations").fill(words)
    return page.locator("#conversations-found .found__title", has_text=conversation.title).first


async def test_result_opens_at_the_message_and_back_leads_out(visit: Visit) -> None:
    page = visit.page
    first, *_ = await conversations()

    @in_thread
    def long() -> Conversation:
        alice, _ = create_user(username="alice")
        return long_conversation(alice, 40, lambda turn: "A needle" if turn == 3 else f"Reply {turn}")

    haystack = await long()
    await visit.sign_in("alice")
    await remember_page(page)
    await (await found(page, haystack, "needle")).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(haystack.title)
    needle = page.get_by_role("article").filter(has_text="A needle")
    await expect(needle).to_be_in_viewport()
    await expect(needle).to_be_focused()
    await page.wait_for_function(f"() => ({FOUND})() === 'needle'")
    await expect(page).to_have_url(at(haystack))
    assert await visit.accessibility_faults() == []
    await (await found(page, first, "CSV")).click()
    await assert_shows(page, first)
    await page.wait_for_function(f"() => ({FOUND})() === ''")
    await page.go_back()
    await expect(needle).to_be_in_viewport()
    await page.wait_for_function(f"() => ({FOUND})() === 'needle'")
    await page.go_back()
    await assert_is_new(page)
    await page.go_forward()
    await expect(needle).to_be_in_viewport()
    await assert_same_page(page)
    await page.reload()
    await expect(needle).to_be_in_viewport()
    await page.wait_for_function(f"() => ({FOUND})() === 'needle'")


async def test_result_in_another_version_shows_that_version(visit: Visit) -> None:
    page = visit.page
    first, second, _ = await conversations()

    @in_thread
    def edit() -> Message:
        with transaction.atomic():  # or a worker at hand would be first
            edited = edit_question(question=first.messages.get(position=1), text="How do I write one?")
            return answer(edited, "With a writer.").question

    await edit()
    await visit.sign_in("alice", path=second.get_absolute_url())
    await remember_page(page)
    result = await found(page, first, "like")
    await expect(result).to_have_role("button")  # or this test would mean nothing
    await result.click()
    reply = page.get_by_role("article").last
    await expect(reply).to_contain_text("Like this.")
    await expect(reply).to_be_focused()
    await expect(page.get_by_role("article").first).to_contain_text("How do I read a CSV file?")
    await page.go_back()
    await assert_shows(page, second)
    await assert_same_page(page)
