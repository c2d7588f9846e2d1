"""The list of conversations in Chromium: renamed, pinned, archived, deleted and brought back, by keyboard too."""

from channels.db import database_sync_to_async
from django.db import transaction
from playwright.async_api import expect

from apps.accounts.models import User
from apps.chat.services.messages.exchange import Exchange
from apps.chat.services.messages.send import start_conversation
from apps.chat.services.organize import rename_conversation
from apps.generation.models import State
from apps.generation.services.claim import claim_next
from apps.generation.services.finish import Outcome, finish_generation
from tests.browser.counted_replies import PATIENCE
from tests.browser.listed_conversations import conversations, fill
from tests.browser.visit import Visit
from tests.chat.exchanges import generation_of


@database_sync_to_async
@transaction.atomic  # or a worker at hand would be first
def begin(text: str) -> Exchange:
    exchange = start_conversation(owner=User.objects.get(username="alice"), text=text)
    claim_next(variant="instruct", worker="test")
    return exchange


@database_sync_to_async
def finish(exchange: Exchange) -> None:
    outcome = Outcome(state=State.SUCCEEDED, text="A short reply", finish_reason="stop")
    assert finish_generation(generation_id=generation_of(exchange).pk, attempt=1, outcome=outcome)


async def test_conversation_is_put_in_order(visit: Visit) -> None:
    page = visit.page
    first, second, third = await conversations()
    await visit.sign_in("alice", path=third.get_absolute_url())
    listed = page.locator("#conversation-list")

    await page.get_by_role("link", name=f"Actions for {first.title}").click()
    await expect(page.get_by_role("button", name="Pin")).to_be_visible()
    assert await visit.faults_in_both_themes() == []
    await page.get_by_role("button", name="Pin").click()
    await expect(listed.get_by_role("heading").first).to_have_text("Pinned")

    await page.get_by_role("link", name="Actions for this conversation").click()
    await page.get_by_text("Rename", exact=True).click()
    assert await visit.faults_in_both_themes() == []
    await page.get_by_role("textbox", name="Title").fill("My slow loop")
    await page.get_by_role("button", name="Save title").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("My slow loop")
    await expect(listed.get_by_role("link", name="My slow loop", exact=True)).to_be_visible()
    await expect(page).to_have_title("My slow loop · Code Llama Workbench")

    await page.get_by_role("link", name=f"Actions for {second.title}").click()
    await page.get_by_role("button", name="Delete").click()
    await expect(listed.get_by_role("link", name=second.title, exact=True)).to_have_count(0)
    await page.locator(".toast__text").hover()  # or the toast may go while axe-core looks
    assert await visit.faults_in_both_themes() == []
    await page.get_by_role("button", name="Undo").click()
    await expect(listed.get_by_role("link", name=second.title, exact=True)).to_be_focused()
    await expect(page.get_by_role("button", name="Undo")).to_have_count(0)

    await page.get_by_role("link", name="Actions for this conversation").click()
    await page.get_by_role("button", name="Delete").click()
    visit.forgive("/chat/servers/")  # the page asks every ten seconds, and the conversation is gone
    await page.get_by_text("“My slow loop” was deleted.").hover()
    assert await visit.faults_in_both_themes() == []
    await page.get_by_role("button", name="Undo").click()
    await expect(listed.get_by_role("link", name="My slow loop", exact=True)).to_be_visible()


async def test_keyboard_is_enough(visit: Visit) -> None:
    page = visit.page
    _, second, third = await conversations()
    await visit.sign_in("alice", path=third.get_absolute_url())
    await page.get_by_role("link", name="Skip to the latest reply").press("Enter")
    await expect(page.get_by_role("article").last).to_be_focused()
    await page.get_by_role("link", name="Skip to the message").press("Enter")
    await expect(page.get_by_role("textbox", name="Message")).to_be_focused()

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


async def test_several_are_selected_by_keyboard_deleted_and_brought_back(visit: Visit) -> None:
    page = visit.page
    first, second, third = await conversations()
    await visit.sign_in("alice", path=third.get_absolute_url())
    start = page.get_by_role("link", name="Select conversations")
    bar = page.get_by_role("form", name="Selected conversations")
    boxes = {item.pk: page.get_by_role("checkbox", name=item.title) for item in (first, second, third)}

    await start.press("Enter")
    await expect(boxes[third.pk]).to_be_focused()
    await expect(bar.get_by_role("button", name="Delete")).to_be_disabled()
    await page.keyboard.press("Space")
    await expect(bar.get_by_role("status")).to_have_text("1 selected")
    await page.keyboard.press("Escape")
    await expect(start).to_be_focused()
    await expect(bar).to_be_hidden()
    await page.keyboard.press("Enter")
    await expect(bar.get_by_role("status")).to_have_text("None selected")
    await page.keyboard.press("Space")
    await boxes[first.pk].press("Shift+Space")
    await expect(bar.get_by_role("status")).to_have_text("3 selected")
    await page.locator(".selectable").filter(has_text=third.title).click()
    await expect(bar.get_by_role("status")).to_have_text("2 selected")
    assert await visit.accessibility_faults() == []
    assert await visit.colour_faults() == []

    await bar.get_by_role("button", name="Delete").press("Enter")
    listed = page.locator("#conversation-list")
    await expect(listed.get_by_role("link", name=third.title, exact=True)).to_be_focused()
    await expect(listed.get_by_role("listitem")).to_have_count(1)
    await (
        page.get_by_role("status")
        .filter(has_text="2 conversations were deleted.")
        .get_by_role("button", name="Undo")
        .click()
    )
    await expect(listed.get_by_role("link", name=second.title, exact=True)).to_be_focused()
    await expect(listed.get_by_role("listitem")).to_have_count(3)

    await start.click()
    await bar.get_by_role("button", name="Select all shown").click()
    await bar.get_by_role("button", name="Archive").click()
    await expect(page.get_by_role("status").filter(has_text="3 conversations were archived.")).to_be_visible()
    await expect(page.get_by_role("link", name="New conversation")).to_be_focused()


async def test_another_conversation_that_is_answered_shows_its_dot_and_then_says_so(visit: Visit) -> None:
    page = visit.page
    *_, third = await conversations()
    await page.clock.install()
    await visit.sign_in("alice", path=third.get_absolute_url())
    other = await begin("A long question")
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    dot = page.locator(f"#listed-{other.conversation.pk} .live-dot")
    await expect(dot).to_be_visible()
    await finish(other)
    await page.clock.fast_forward(12_000)
    await expect(dot).to_have_count(0)
    toast = page.get_by_role("status").filter(has_text="“A long question” has been answered.")
    assert await visit.accessibility_faults() == []
    await toast.get_by_role("link", name="Read it").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("A long question")


async def test_new_title_is_shown_where_the_conversation_is_open(visit: Visit) -> None:
    page = visit.page
    *_, third = await conversations()
    await visit.sign_in("alice", path=third.get_absolute_url())
    await database_sync_to_async(rename_conversation)(conversation=third, title="Slow loops & <b>")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Slow loops & <b>", timeout=PATIENCE)
    await expect(page.locator("#conversation-list [aria-current]")).to_have_text("Slow loops & <b>")
    await expect(page).to_have_title("Slow loops & <b> · Code Llama Workbench")


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
    await page.get_by_role("button", name="Delete").click()
    await page.get_by_role("button", name="Undo").click()  # over which no drawer lies
    await expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    await page.get_by_role("button", name="Conversations").click()
    await page.get_by_role("link", name=f"Actions for {first.title}").click()
    await page.get_by_role("button", name="Archive").click()
    await expect(page.get_by_role("link", name=first.title, exact=True)).to_have_count(0)
    await visit.open("/chat/archive/")
    assert await visit.overflow() <= 0
    await expect(page.get_by_role("link", name=first.title, exact=True)).to_be_visible()
    assert await visit.accessibility_faults() == []


async def test_search_finds_as_one_types_and_leads_to_the_message(visit: Visit) -> None:
    page = visit.page
    first, *_ = await conversations()
    await fill(first, 12)
    await visit.sign_in("alice", path="/chat/")
    await page.get_by_role("searchbox", name="Search your conversations").focus()
    await page.keyboard.type("needle")
    hits = page.locator("#conversations-found").get_by_role("link")
    await expect(hits).to_have_count(1)
    await expect(page.locator("#conversation-list")).to_be_hidden()
    assert await visit.accessibility_faults() == []
    await hits.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(first.title)
    await expect(page.get_by_role("article").get_by_text("A needle in the third reply")).to_be_in_viewport()
    await expect(page.get_by_role("button", name="Jump to latest")).to_be_visible()
    await page.wait_for_function("() => [...CSS.highlights.get('found')].join() === 'needle'")
    await page.get_by_role("searchbox").fill("nowhere")
    await expect(page.get_by_text("Nothing found for “nowhere”.")).to_be_visible()
    await page.get_by_role("searchbox").fill("")
    await expect(page.locator("#conversation-list")).to_be_visible()
    await page.get_by_role("searchbox").fill("needle")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Search your conversations")
    assert await visit.accessibility_faults() == []
