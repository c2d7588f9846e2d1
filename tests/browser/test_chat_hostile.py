"""Hostile text from a model, a title, a server's name or an error runs, loads, sends and covers nothing."""

from pathlib import Path

from django.db import transaction
from playwright.async_api import Page, expect

from apps.accounts.services import create_user
from apps.chat.models import Conversation
from apps.chat.services.messages.send import start_conversation
from apps.chat.services.share import share_conversation
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation, State
from apps.stores.threads import in_thread
from tests.browser.counted_replies import PATIENCE, last_reply
from tests.browser.visit import Visit
from tests.chat.exchanges import answer, answered_conversation, answered_message
from tests.support import counting_chat

HOSTILE = (Path(counting_chat.__file__).parent / "replies" / "hostile.md").read_text()
TITLE = (
    "<img src=//evil.example/title onerror=alert(1)><hx-partial hx-target='#composer' hx-swap='delete'></hx-partial>"
)
NAME = "gpu<script>alert(1)</script><img src=//evil.example/name>"
# Acts that the page must never do; a script that runs leaves its last words in ``ran``.
WATCH = """
window.ran = [];
for (const name of ["alert", "confirm", "prompt", "open"]) window[name] = () => window.ran.push(name);
addEventListener("securitypolicyviolation", ({ blockedURI }) => ran.push(`refused ${blockedURI}`));
addEventListener("submit", ({ target }) => target.closest(".message__body, .found") && ran.push("submit"), true);
"""
# Forbidden attributes within replies, and ids that are there twice.
FORGED = """() => {
  const within = [...document.querySelectorAll(".message__body, .found, #conversation-list, h1, .message__error")];
  const names = /^(on|hx-|data-hx|id$|name$|style$|src|srcset$|action$|form|ping$|autofocus$|background$|poster$)/;
  const attributes = within.flatMap((each) => [...each.querySelectorAll("*")]).flatMap((element) =>
    [...element.attributes].filter(({ name }) => names.test(name))
      .map(({ name, value }) => `${element.localName} ${name}=${value}`));
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  const ours = /^(a|li|div) (id=(conversation|listed|conversations)-|hx-)/;
  return [attributes.filter((each) => !ours.test(each)), ids.filter((id, index) => ids.indexOf(id) !== index)];
}"""


async def assert_harmless(page: Page) -> None:
    assert await page.evaluate("ran") == []
    assert await page.evaluate(FORGED) == [[], []]
    assert (
        await page.locator(".message__body, .found, h1").locator("img, script, iframe, form, input, style").count() == 0
    )


@in_thread
def make() -> tuple[Conversation, str]:
    """A reply of every kind, under a hostile title; and the address of a copy of it."""
    with transaction.atomic():
        alice, _ = create_user(username="alice")
        conversation = answered_conversation(alice, TITLE, HOSTILE)
        answered_message(conversation, HOSTILE, f"> {HOSTILE.replace(chr(10), chr(10) + '> ')}")
        failed = start_conversation(owner=alice, text=HOSTILE[:200])
        answer(failed, "needle", state=State.FAILED, error=HOSTILE[:1000])
        endpoint = add_endpoint(name="gpu", url="http://127.0.0.1:9", protocol="openai", variant="instruct")
        Endpoint.objects.filter(pk=endpoint.pk).update(name=NAME, model_id=NAME)
        replies = Generation.objects.filter(owner=alice)
        replies.update(endpoint=endpoint, completion_tokens=1)
        Conversation.objects.filter(owner=alice).update(title=TITLE)
        return conversation, share_conversation(conversation=conversation).get_absolute_url()


async def test_nothing_stored_does_any_harm(visit: Visit) -> None:
    page = visit.page
    await page.add_init_script(WATCH)
    conversation, shared = await make()
    await visit.sign_in("alice", staff=True, path=conversation.get_absolute_url())
    await expect(page.get_by_text("The end of the hostile reply.")).to_have_count(3)
    await assert_harmless(page)
    await expect(page.locator("#composer")).to_have_count(1)
    assert await visit.overflow() <= 0
    other = await in_thread(Conversation.objects.exclude(pk=conversation.pk).get)()
    for path in (
        other.get_absolute_url(),
        "/chat/search/?q=evil",
        "/chat/archive/",
        "/chat/shares/",
        "/chat/",
        shared,
        "/endpoints/",
    ):
        assert await visit.open(path) == 200
        await page.wait_for_load_state("networkidle")
        await assert_harmless(page)
    await page.goto(f"{visit.site}/chat/search/?q=onerror")
    await expect(page.locator(".found mark").first).to_be_visible()
    await page.get_by_role("searchbox", name="Search your conversations").fill("needle")
    await expect(page.locator("#conversations-found .found__item")).not_to_have_count(0)
    await assert_harmless(page)


async def test_the_watch_sees_harm(visit: Visit) -> None:
    """Otherwise the tests here would prove nothing."""
    page = visit.page
    await page.add_init_script(WATCH)
    conversation, _ = await make()
    await visit.sign_in("alice", path=conversation.get_absolute_url())
    harm = "<p id=composer onclick=x><img src=//x.example>"
    await page.locator(".message__body").first.evaluate(f"body => body.innerHTML = '{harm}'")
    await page.wait_for_function("() => ran.length > 0")
    attributes, ids = await page.evaluate(FORGED)
    assert attributes == ["p id=composer", "p onclick=x", "img src=//x.example"]
    assert ids == ["composer"]
    visit.forgive("")
    visit.requests.clear()


async def test_links_of_a_reply_lead_elsewhere_only_when_they_are_followed(visit: Visit) -> None:
    page = visit.page
    conversation, _ = await make()
    await visit.sign_in("alice", path=conversation.get_absolute_url())
    links = await page.locator(".message__body a").evaluate_all(
        "all => all.map(({ protocol, host, rel }) => [protocol, host === location.host, rel])"
    )
    assert len(links) > 10
    assert {tuple(link) for link in links} == {("https:", False, "noopener noreferrer nofollow")}
    await page.locator(".message__body a").first.hover()
    assert visit.offsite == []


async def test_nothing_that_streams_does_any_harm(visit: Visit, counting: None) -> None:
    page = visit.page
    await page.add_init_script(WATCH)
    conversation = await ask("say hostile at 400 per second")
    await visit.sign_in("alice", path=conversation.get_absolute_url())
    await expect(last_reply(page)).to_have_attribute("data-state", "succeeded", timeout=PATIENCE)
    await assert_harmless(page)
    streamed = await last_reply(page).locator(".message__body").inner_html()
    await page.reload()
    await assert_harmless(page)
    assert await last_reply(page).locator(".message__body").inner_html() == streamed


@in_thread
def ask(text: str) -> Conversation:
    alice, _ = create_user(username="alice")
    return start_conversation(owner=alice, text=text).conversation
