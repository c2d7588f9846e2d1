"""Socket, event stream and polling: whatever carries the frames, the page ends as a reload shows it."""

import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from django.db import transaction

from apps.accounts.models import User
from apps.chat.models import Conversation
from apps.chat.services.messages.continue_reply import continue_reply
from apps.chat.services.messages.queue import queue_message, remove_queued
from apps.chat.services.messages.send import send_message
from apps.chat.services.messages.stop import stop_reply
from apps.chat.services.messages.versions import edit_question, show_version
from apps.chat.services.organize import rename_conversation
from apps.generation.models import State
from apps.stores.threads import in_thread
from tests.chat.exchanges import answer, answered_conversation, answered_message, failed_exchange, generation_of
from tests.chat.live_replies import (
    REPLY,
    answer_in_parts,
    ask,
    assert_like_reloaded,
    model,
    numbers_in_parts,
    pieces,
    scripted_server,
    shows_half,
    stop_half_way,
    the_end,
    watch_parts,
)
from tests.chat.tab import Tab, tab_of
from tests.support.frames import ShownPage
from tests.support.markup import Markup
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import Reset, Wait, head

__all__ = ["model", "scripted_server"]

pytestmark = [pytest.mark.django_db(transaction=True)]

type Carrier = Callable[[Tab], AbstractAsyncContextManager[Tab]]


@pytest.fixture(params=[Tab.connected, Tab.streaming, Tab.asking], ids=["socket", "events", "polls"])
def carrier(request: pytest.FixtureRequest) -> Carrier:
    chosen: Carrier = request.param
    return chosen


async def test_reply_ends_as_stored(
    alice: User, model: ScriptedServer, live_asgi_server: str, carrier: Carrier
) -> None:
    reply = await stop_half_way(alice, model)
    tab = await tab_of(alice, live_asgi_server, reply.exchange.conversation)
    async with carrier(tab):
        await tab.until(shows_half)
        reply.go_on.told.set()
        await tab.until_over()
    assert tab.page.states == ["succeeded", "succeeded"]
    await assert_like_reloaded(tab, reply.exchange)
    assert generation_of(reply.exchange).text == REPLY


async def test_no_moment_shows_anything_twice_or_out_of_order(
    alice: User, model: ScriptedServer, live_asgi_server: str, carrier: Carrier
) -> None:
    parts = numbers_in_parts()
    waits = answer_in_parts(model, parts)
    exchange = await ask(alice)
    tab = await tab_of(alice, live_asgi_server, exchange.conversation)
    async with carrier(tab):
        await watch_parts(tab, parts, waits)
    whole = Markup(tab.page.body()).text.strip()
    assert whole.endswith(" 300")
    steps = [Markup(html).text.strip() for html in tab.shown]
    assert len(set(steps)) >= len(parts) - 1  # the page may have come with the first part
    assert [step for step in steps if not whole.startswith(step)] == []
    assert steps == sorted(steps, key=len)


async def test_what_the_page_has_is_not_sent_again(alice: User, live_asgi_server: str, carrier: Carrier) -> None:
    conversation = await in_thread(answered_conversation)(alice, "one", "first")
    tab = await tab_of(alice, live_asgi_server, conversation)
    had = [message.attributes["id"] for message in tab.page.messages]
    async with carrier(tab):
        exchange = await in_thread(answered_message)(conversation, "two", "second")
        await tab.until(lambda page: len(page.states) == 4)
    sent = "".join(tab.frames)
    assert exchange.question.dom_id in sent
    assert [name for name in had if name in sent] == []


async def test_reply_that_ends_as_before_is_seen_to_end(alice: User, live_asgi_server: str, carrier: Carrier) -> None:
    """Only the end of the reply is new, and the page had left it running when it lost its connection."""
    exchange = await in_thread(failed_exchange)(alice)
    tab = await tab_of(alice, live_asgi_server, exchange.conversation)

    @transaction.atomic
    def fail_again() -> None:
        continue_reply(reply=exchange.reply)
        answer(exchange, generation_of(exchange).text, state=State.FAILED, error="The model server is gone.")

    await in_thread(fail_again)()
    tab.page.messages[-1].attributes["data-state"] = "running"
    async with carrier(tab):
        await tab.until(lambda page: page.states[-1] == "failed")


async def test_first_token_changes_the_words(
    alice: User, model: ScriptedServer, live_asgi_server: str, carrier: Carrier
) -> None:
    start, go_on = Wait(), Wait()
    model.answer(head(), start, *pieces("Hello"), go_on, *pieces(" there"), *the_end())
    exchange = await ask(alice)
    tab = await tab_of(alice, live_asgi_server, exchange.conversation)
    async with carrier(tab):
        await tab.until(lambda page: says(page, "Waiting for the first token"))
        assert said(tab) != "The assistant is writing."
        assert says((await tab_of(alice, live_asgi_server, exchange.conversation)).page, "Waiting for the first token")
        start.told.set()
        await tab.until(lambda page: says(page, "Writing") and "Hello" in page.body())
        assert said(tab) == "The assistant is writing."
        assert says((await tab_of(alice, live_asgi_server, exchange.conversation)).page, "Writing")
        go_on.told.set()
        await tab.until_over()
    assert said(tab) == "Reply complete."


async def test_reply_that_a_server_broke_off_waits_to_go_on(
    alice: User, model: ScriptedServer, live_asgi_server: str, carrier: Carrier
) -> None:
    begin, start, go_on, end = Wait(), Wait(), Wait(), Wait()
    model.answer(head(), begin, *pieces("Hello"), start, Reset())
    model.answer(head(), go_on, *pieces(" there"), end, *the_end())
    exchange = await ask(alice)
    tab = await tab_of(alice, live_asgi_server, exchange.conversation)
    async with carrier(tab):
        await tab.until(lambda page: says(page, "Waiting for the first token"))
        begin.told.set()
        await tab.until(lambda page: says(page, "Writing"))
        assert said(tab) == "The assistant is writing."
        tab.page.root.find("id", "announcer").clear()
        start.told.set()
        await tab.until(lambda page: says(page, "Waiting for the model to go on"))
        go_on.told.set()
        await tab.until(lambda page: "there" in page.body())
        assert said(tab) == ""  # it has been said
        end.told.set()
        await tab.until_over()
    await assert_like_reloaded(tab, exchange)
    assert generation_of(exchange).text == "Hello there"


async def test_failure_is_said_at_once_with_its_cause(
    alice: User, model: ScriptedServer, live_asgi_server: str, carrier: Carrier
) -> None:
    exchange = await ask(alice, "count to 100 and fail after 3")
    tab = await tab_of(alice, live_asgi_server, exchange.conversation)
    async with carrier(tab):
        await tab.until_over()
    cause = "The model server failed while working on the reply."
    assert tab.page.root.find("id", "alarm").inner == f"The reply failed. {cause}"
    assert re.search(r"Failed on model at\s+<time [^>]*>\d\d:\d\d<", str(tab.page.messages[-1]))
    assert cause in str(tab.page.messages[-1])


def says(page: ShownPage, words: str) -> bool:
    """Return whether the last message says this of its state."""
    return f">{words}</span>" in str(page.messages[-1])


def said(tab: Tab) -> str:
    return tab.page.root.find("id", "announcer").inner


async def test_another_thread_replaces_the_shown_thread(alice: User, live_asgi_server: str, carrier: Carrier) -> None:
    conversation = await in_thread(answered_conversation)(alice, "one", "first")
    question, reply = await in_thread(list)(conversation.thread.in_order())
    tab = await tab_of(alice, live_asgi_server, conversation)
    async with carrier(tab):
        exchange = await in_thread(edit_question)(question=question, text="eins")
        await tab.until(lambda page: page.messages[0].attributes["id"] == exchange.question.dom_id)
        await in_thread(stop_reply)(conversation=exchange.conversation)
        await in_thread(show_version)(message=reply)
        await tab.until(lambda page: page.messages[-1].attributes["id"] == reply.dom_id)
        assert [message.attributes["id"] for message in tab.page.messages] == [question.dom_id, reply.dom_id]
        assert "first" in tab.page.body()


async def test_carriers_can_be_changed_in_the_middle(
    alice: User, model: ScriptedServer, live_asgi_server: str, carrier: Carrier
) -> None:
    reply = await stop_half_way(alice, model)
    tab = await tab_of(alice, live_asgi_server, reply.exchange.conversation)
    for first in (Tab.connected, Tab.streaming, Tab.asking):
        async with first(tab):
            await tab.until(shows_half)
            assert tab.page.states[-1] == "running"
    async with carrier(tab):
        reply.go_on.told.set()
        await tab.until_over()
    await assert_like_reloaded(tab, reply.exchange)


async def test_message_from_another_tab_appears(
    alice: User, model: ScriptedServer, live_asgi_server: str, carrier: Carrier
) -> None:
    model.answer(head(), *pieces("one"), *the_end())
    model.answer(head(), *pieces("two"), *the_end())
    first = await ask(alice)
    tab = await tab_of(alice, live_asgi_server, first.conversation)
    async with carrier(tab):
        await tab.until_over()
        question = "And <backwards>?\n\nIn two lines"
        second = await in_thread(send_message)(conversation=first.conversation, text=question)
        await tab.until(lambda page: page.states == ["succeeded"] * 4)
    await assert_like_reloaded(tab, second)


@pytest.mark.parametrize("moment", ["before", "while", "after"])
async def test_title_and_queued_message_are_as_stored(
    alice: User, model: ScriptedServer, live_asgi_server: str, carrier: Carrier, moment: str
) -> None:
    """They are changed before the page connects, while it is connected, and after it has lost its connection."""
    reply = await stop_half_way(alice, model)
    conversation = reply.exchange.conversation
    tab = await tab_of(alice, live_asgi_server, conversation)

    def is_current(page: ShownPage) -> bool:
        link = page.by_id(f"conversation-{conversation.pk}")
        titles = [page.title, page.by_id("conversation-title").inner, link.inner]
        return all("1 &lt; 2" in title for title in titles) and "And tuples?" in page.by_id("queued").inner

    if moment == "after":
        async with carrier(tab):
            await tab.until(shows_half)
    if moment != "while":
        await in_thread(change_beside)(conversation)
    async with carrier(tab):
        if moment == "while":
            await tab.until(shows_half)
            await in_thread(change_beside)(conversation)
        await tab.until(is_current)
        await in_thread(remove_queued)(conversation=conversation)
        await tab.until(lambda page: not page.by_id("queued").inner.strip())
        reply.go_on.told.set()
        await tab.until_over()


def change_beside(conversation: Conversation) -> None:
    rename_conversation(conversation=conversation, title="1 < 2")
    assert queue_message(conversation=conversation, text="And tuples?") is None


async def test_stopped_reply_never_grows(
    alice: User, model: ScriptedServer, live_asgi_server: str, carrier: Carrier
) -> None:
    reply = await stop_half_way(alice, model)
    tab = await tab_of(alice, live_asgi_server, reply.exchange.conversation)
    async with carrier(tab):
        await tab.until(shows_half)
        assert await in_thread(stop_reply)(conversation=reply.exchange.conversation)
        reply.go_on.told.set()
        await tab.until_over()
    assert tab.page.states[-1] == "cancelled"
    await assert_like_reloaded(tab, reply.exchange)
    assert REPLY.startswith(generation_of(reply.exchange).text)


async def test_reply_that_is_continued_goes_on_where_it_was(
    alice: User, model: ScriptedServer, live_asgi_server: str, carrier: Carrier
) -> None:
    exchange = await in_thread(failed_exchange)(alice, text="1 2 3")
    model.answer(head(), *pieces(" 4 5"), *the_end())
    tab = await tab_of(alice, live_asgi_server, exchange.conversation)
    assert tab.page.states[-1] == "failed"
    async with carrier(tab):
        await in_thread(continue_reply)(reply=exchange.reply)
        await tab.until(lambda page: page.states[-1] == "succeeded")
    await assert_like_reloaded(tab, exchange)
    assert generation_of(exchange).text == "1 2 3 4 5"
