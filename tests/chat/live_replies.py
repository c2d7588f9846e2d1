"""Replies that a scripted model writes while tabs look on, at the pace that a test wants."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import batched

import pytest

from apps.accounts.models import User
from apps.chat.markdown.renderer import render_markdown
from apps.chat.services.messages.exchange import Exchange
from apps.chat.services.messages.send import start_conversation
from apps.endpoints.services import add_endpoint
from apps.stores.threads import in_thread
from tests.chat.exchanges import generation_of
from tests.chat.tab import Tab
from tests.support.counting_chat import chunk, usage
from tests.support.frames import ShownPage
from tests.support.markup import Markup
from tests.support.scripted_server import ScriptedServer, scripted_server
from tests.support.services import Running
from tests.support.wire import Send, Step, Wait, event, head

__all__ = ["model", "scripted_server"]

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

STORED_WITHIN = 60.0  # seconds


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
    give_up = time.monotonic() + STORED_WITHIN
    await tab.load(exchange.conversation)
    while shown != [str(message) for message in tab.page.messages] and time.monotonic() < give_up:
        await asyncio.sleep(0.1)  # a stop is stored a moment after its end was shown
        await tab.load(exchange.conversation)
    await in_thread(generation_of(exchange).refresh_from_db)()
    assert shown == [str(message) for message in tab.page.messages]
    assert tab.page.body() == render_markdown(generation_of(exchange).text)


@dataclass
class HalfWay:
    """A reply that stops in the middle of a code block until a test lets it continue."""

    exchange: Exchange
    go_on: Wait


async def stop_half_way(owner: User, model: ScriptedServer) -> HalfWay:
    go_on = Wait()
    half = REPLY.index("key=lambda")
    model.answer(head(), *pieces(REPLY[:half]), go_on, *pieces(REPLY[half:]), *the_end())
    return HalfWay(await ask(owner), go_on)


def shows_half(page: ShownPage) -> bool:
    return "1, 2]," in Markup(page.body()).text.replace("\n", "")


def answer_in_parts(model: ScriptedServer, parts: Sequence[str]) -> list[Wait]:
    """Have the model write one part after the other, each once the wait after the part before is told."""
    waits = [Wait() for _ in parts]
    written: list[Step] = []
    for part, wait in zip(parts, waits, strict=True):
        written += [*pieces(part), wait]
    model.answer(head(), *written, *the_end())
    return waits


async def watch_parts(tab: Tab, parts: Sequence[str], waits: Sequence[Wait]) -> None:
    """Look on until the reply is over; each part is written when the tab shows the one before."""
    text = ""
    for part, wait in zip(parts, waits, strict=True):
        text += part
        await tab.until(lambda page, text=text: Markup(page.body()).text.strip() == text)  # type: ignore[misc]
        wait.told.set()
    await tab.until_over()


def numbers_in_parts() -> list[str]:
    """Return the numbers to 300, 25 in a part."""
    first, *others = ("".join(f" {number}" for number in range(start, start + 25)) for start in range(1, 300, 25))
    return [first.strip(), *others]
