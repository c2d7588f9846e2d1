"""The conversation's socket: a page that connects at any time ends with the same bytes as a reload."""

from collections.abc import AsyncIterator

import pytest

from apps.accounts.models import User
from apps.chat.services.messages.exchange import Exchange
from apps.chat.services.messages.send import send_message
from apps.chat.services.messages.stop import stop_reply
from apps.stores.threads import in_thread
from tests.chat.exchanges import generation_of
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
from tests.support.markup import Markup
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import Wait, head

__all__ = ["model", "scripted_server"]

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
async def half_way(
    alice: User, model: ScriptedServer, live_asgi_server: str
) -> AsyncIterator[tuple[Exchange, Wait, Tab]]:
    """A reply that is half written, and a tab that shows it."""
    reply = await stop_half_way(alice, model)
    tab = await tab_of(alice, live_asgi_server, reply.exchange.conversation)
    async with tab.connected():
        await tab.until(shows_half)
        yield reply.exchange, reply.go_on, tab


async def test_reply_arrives_in_pieces_and_ends_as_stored(
    alice: User, model: ScriptedServer, live_asgi_server: str
) -> None:
    start, go_on = Wait(), Wait()
    half = REPLY.index("key=lambda")
    model.answer(head(), start, *pieces(REPLY[:half]), go_on, *pieces(REPLY[half:]), *the_end())
    exchange = await ask(alice)
    tab = await tab_of(alice, live_asgi_server, exchange.conversation)
    assert tab.page.body() == ""
    async with tab.connected():
        await tab.until(lambda page: page.root.find_all("id", f"{exchange.reply.dom_id}-open"))
        start.told.set()
        await tab.until(shows_half)
        assert tab.page.states == ["succeeded", "running"]
        go_on.told.set()
        await tab.until_over()
    assert tab.page.states == ["succeeded", "succeeded"]
    assert all(tab.frames)
    assert generation_of(exchange).text == ""
    await assert_like_reloaded(tab, exchange)
    assert generation_of(exchange).text == REPLY


async def test_no_moment_shows_anything_twice_or_out_of_order(
    alice: User, model: ScriptedServer, live_asgi_server: str
) -> None:
    parts = numbers_in_parts()
    waits = answer_in_parts(model, parts)
    exchange = await ask(alice)
    tab = await tab_of(alice, live_asgi_server, exchange.conversation)
    async with tab.connected():
        await watch_parts(tab, parts, waits)
    whole = Markup(tab.page.body()).text.strip()
    assert whole.endswith(" 300")
    steps = [Markup(html).text.strip() for html in tab.shown]
    assert len(set(steps)) >= len(parts) - 1  # the page may have come with the first part
    assert [step for step in steps if not whole.startswith(step)] == []
    assert steps == sorted(steps, key=len)


async def test_whoever_comes_in_the_middle_sees_all_of_it(
    alice: User, live_asgi_server: str, half_way: tuple[Exchange, Wait, Tab]
) -> None:
    exchange, go_on, first = half_way
    second = await tab_of(alice, live_asgi_server, exchange.conversation)
    assert "Sorting</h3>" in second.page.body()
    async with second.connected():
        await second.until(lambda page: page.root.find_all("id", f"{exchange.reply.dom_id}-open"))
        assert Markup(second.page.body()).text.strip() == Markup(first.page.body()).text.strip()
        go_on.told.set()
        for tab in (first, second):
            await tab.until_over()
            await assert_like_reloaded(tab, exchange)


async def test_socket_that_was_lost_catches_up(
    alice: User, live_asgi_server: str, half_way: tuple[Exchange, Wait, Tab]
) -> None:
    exchange, go_on, _ = half_way
    tab = await tab_of(alice, live_asgi_server, exchange.conversation)
    async with tab.connected():
        await tab.until(lambda page: page.root.find_all("id", f"{exchange.reply.dom_id}-open"))
    go_on.told.set()
    async with tab.connected():  # the same page, with the moment at which it was made
        await tab.until_over()
    await assert_like_reloaded(tab, exchange)


async def test_page_that_slept_to_the_end_catches_up(
    alice: User, live_asgi_server: str, half_way: tuple[Exchange, Wait, Tab]
) -> None:
    exchange, go_on, awake = half_way
    asleep = await tab_of(alice, live_asgi_server, exchange.conversation)
    go_on.told.set()
    await awake.until_over()
    assert asleep.page.states[-1] == "running"
    async with asleep.connected():
        await asleep.until_over()
    await assert_like_reloaded(asleep, exchange)


@pytest.mark.parametrize("since", ["", "yesterday", "2026-01-01T00:00:00", "9999-99-99"])
async def test_socket_without_a_moment_brings_everything(
    alice: User, live_asgi_server: str, half_way: tuple[Exchange, Wait, Tab], since: str
) -> None:
    exchange, go_on, _ = half_way
    tab = await tab_of(alice, live_asgi_server, exchange.conversation)
    tab.page.root.find("id", "transcript").clear()
    go_on.told.set()
    async with tab.connected(f"/ws/chat/{exchange.conversation.pk}/?since={since}"):
        await tab.until(lambda page: page.states == ["succeeded", "succeeded"])
    await assert_like_reloaded(tab, exchange)


async def test_message_from_another_tab_appears(alice: User, model: ScriptedServer, live_asgi_server: str) -> None:
    model.answer(head(), *pieces("one"), *the_end())
    model.answer(head(), *pieces("two"), *the_end())
    first = await ask(alice)
    tab = await tab_of(alice, live_asgi_server, first.conversation)
    async with tab.connected():
        await tab.until_over()
        second = await in_thread(send_message)(conversation=first.conversation, text="And <backwards>?")
        await tab.until(lambda page: page.states == ["succeeded"] * 4)
    assert [message.attributes["data-position"] for message in tab.page.messages] == ["1", "2", "3", "4"]
    assert tab.page.body(2) == "And &lt;backwards&gt;?"
    await assert_like_reloaded(tab, second)


async def test_stopped_reply_never_grows(
    alice: User, live_asgi_server: str, half_way: tuple[Exchange, Wait, Tab]
) -> None:
    exchange, go_on, tab = half_way
    assert await in_thread(stop_reply)(conversation=exchange.conversation)
    go_on.told.set()
    await tab.until_over()
    assert tab.page.states[-1] == "cancelled"
    await assert_like_reloaded(tab, exchange)
    assert "Stopped by you after" in str(tab.page.messages[-1])
    stored = generation_of(exchange).text
    assert REPLY.startswith(stored)
    assert stored.endswith("1, 2], ")
    follow_up = await in_thread(send_message)(conversation=exchange.conversation, text="Go on")
    async with tab.connected():
        await tab.until(lambda page: len(page.states) == 4 and page.states[-1] == "succeeded")
    await in_thread(generation_of(exchange).refresh_from_db)()
    assert generation_of(exchange).text == stored
    assert generation_of(follow_up).messages[1] == {"role": "assistant", "content": stored}


async def test_reply_that_fails_keeps_its_text_and_says_why(
    alice: User, model: ScriptedServer, live_asgi_server: str
) -> None:
    exchange = await ask(alice, "count to 100 and fail after 3")  # in each of the four streams that are tried
    tab = await tab_of(alice, live_asgi_server, exchange.conversation)
    async with tab.connected():
        await tab.until_over()
    assert tab.page.states[-1] == "failed"
    assert tab.page.body() == "<p>1 2 3 4 5 6 7 8 9 10 11 12</p>\n"
    assert 'class="message__error"' in str(tab.page.messages[-1])
    await assert_like_reloaded(tab, exchange)


async def test_what_a_tab_sends_is_ignored(
    alice: User, live_asgi_server: str, half_way: tuple[Exchange, Wait, Tab]
) -> None:
    exchange, go_on, tab = half_way
    for nonsense in ("", "<hx-partial>", '{"type": "messages.added", "ids": ["x"]}', b"\0\xff", "x" * 10_000):
        await tab.send(nonsense)
    go_on.told.set()
    await tab.until_over()
    await assert_like_reloaded(tab, exchange)
