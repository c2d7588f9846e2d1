"""The conversation's socket: whoever comes whenever ends with the page that a reload gives, in the same bytes."""

from collections.abc import AsyncIterator, Iterator
from itertools import batched

import pytest

from apps.accounts.models import User
from apps.chat.markdown.renderer import render_markdown
from apps.chat.services.send import Exchange, send_message, start_conversation
from apps.chat.services.stop import stop_reply
from apps.endpoints.services import add_endpoint
from apps.generation.threads import in_thread
from tests.chat.exchanges import generation_of
from tests.chat.tab import Tab, tab_of
from tests.support.counting_chat import chunk, usage
from tests.support.markup import Markup
from tests.support.scripted_server import ScriptedServer, scripted_server
from tests.support.services import Running
from tests.support.wire import Send, Step, Wait, event, head

__all__ = ["scripted_server"]

pytestmark = [pytest.mark.django_db(transaction=True)]

REPLY = """\
# Sorting

Use **`sorted`** for a *new* list:\r
\r
```python
numbers = sorted([3, 1, 2], key=lambda n: -n)
if numbers[0] < 4: print("<b>")
```

| call | gives |
|:-----|------:|
| `sorted(x)` | a new list |
| `x.sort()` | nothing |

1. one

   - nested & <script>alert(1)</script> <hx-partial hx-target="#composer" hx-swap="delete"></hx-partial>
2. two [link](https://docs.example/?a=1&b=2) שלום 👩‍💻

> quoted
> to the end
"""


@pytest.fixture
async def model(scripted_server: ScriptedServer, celery_worker_process: Running) -> ScriptedServer:
    """The server that all replies come from."""
    await in_thread(add_endpoint)(name="model", url=scripted_server.url, protocol="openai", variant="instruct")
    return scripted_server


def pieces(text: str, *, size: int = 3) -> Iterator[Send]:
    """The text as a server streams it, a few characters an event."""
    return (Send(event(chunk("".join(part)))) for part in batched(text, size, strict=False))


def the_end() -> list[Step]:
    return [
        Send(event(chunk("", "stop"))),
        Send(event({**chunk(""), "choices": [], "usage": usage(9)})),
        Send(b"data: [DONE]\n\n"),
    ]


async def ask(owner: User, text: str = "How do I sort?") -> Exchange:
    return await in_thread(start_conversation)(owner=owner, text=text)


async def assert_like_reloaded(tab: Tab, exchange: Exchange) -> None:
    """The tab shows what its page shows when it is loaded anew, and that is what is stored."""
    shown = [str(message) for message in tab.page.messages]
    await in_thread(generation_of(exchange).refresh_from_db)()
    await tab.load(exchange.conversation)
    assert shown == [str(message) for message in tab.page.messages]
    assert tab.page.body() == render_markdown(generation_of(exchange).text)


@pytest.fixture
async def half_way(
    alice: User, model: ScriptedServer, live_asgi_server: str
) -> AsyncIterator[tuple[Exchange, Wait, Tab]]:
    """A reply that has stopped in the middle of a code block until it is told to go on, and a tab that shows it."""
    go_on = Wait()
    half = REPLY.index("key=lambda")
    model.answer(head(), *pieces(REPLY[:half]), go_on, *pieces(REPLY[half:]), *the_end())
    exchange = await ask(alice)
    tab = await tab_of(alice, live_asgi_server, exchange.conversation)
    async with tab.connected():
        await tab.until(lambda page: page.body().replace("\n", "").count("1, 2],"))
        yield exchange, go_on, tab


async def test_reply_arrives_in_pieces_and_ends_as_stored(
    alice: User, model: ScriptedServer, live_asgi_server: str
) -> None:
    start = Wait()
    model.answer(head(), start, *pieces(REPLY), *the_end())
    exchange = await ask(alice)
    tab = await tab_of(alice, live_asgi_server, exchange.conversation)
    assert tab.page.body() == ""
    async with tab.connected():
        await tab.until(lambda page: page.root.find_all("id", f"{exchange.reply.dom_id}-open"))
        start.told.set()
        await tab.until_over()
    assert tab.page.states == ["succeeded", "succeeded"]
    assert len(tab.frames) > 3
    assert all(tab.frames)
    assert generation_of(exchange).text == ""
    await assert_like_reloaded(tab, exchange)
    assert generation_of(exchange).text == REPLY


async def test_no_moment_shows_anything_twice_or_out_of_order(
    alice: User, model: ScriptedServer, live_asgi_server: str
) -> None:
    exchange = await ask(alice, "count to 300 at 200 per second")
    tab = await tab_of(alice, live_asgi_server, exchange.conversation)
    async with tab.connected():
        await tab.until_over()
    whole = Markup(tab.page.body()).text.strip()
    assert whole.endswith(" 300")
    steps = [Markup(html).text.strip() for html in tab.shown]
    assert len(set(steps)) > 10
    assert [step for step in steps if not whole.startswith(step)] == []
    assert steps == sorted(steps, key=len)


async def test_whoever_comes_in_the_middle_sees_all_of_it(
    alice: User, live_asgi_server: str, half_way: tuple[Exchange, Wait, Tab]
) -> None:
    exchange, go_on, first = half_way
    second = await tab_of(alice, live_asgi_server, exchange.conversation)
    assert "Sorting</h1>" in second.page.body()
    async with second.connected():
        await second.until(lambda page: page.root.find_all("id", f"{exchange.reply.dom_id}-open"))
        assert second.page.body() == first.page.body()
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
    tab.page.root.find("id", "transcript").children.clear()
    tab.address = f"/ws/chat/{exchange.conversation.pk}/?since={since}"
    go_on.told.set()
    async with tab.connected():
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
