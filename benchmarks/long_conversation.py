"""Measure the page of a long conversation: bytes, elements, the server's time and the browser's.

    uv run python -m benchmarks.long_conversation [TURNS ...]

A turn is a question and its reply; replies are prose, a list, code and a table, 1,700 characters, and each carries the
prompt that was sent for it, 60,000 characters. Everything is real: Postgres, Valkey, one web process, Chromium where
there is one. The server's time is that of whole requests over HTTP, one after the other; its processor time does not
depend on what else the machine is doing.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import aiohttp
from playwright.async_api import Error, Page, async_playwright

from benchmarks.stack import Stack, processor_seconds, sign_in  # sets Django up

# isort: split

from apps.accounts.models import User
from apps.chat.models import Conversation, Role
from apps.chat.services.import_conversation import import_conversation
from apps.chat.transfer.format import FORMAT, File, FileMessage
from apps.generation.models import Generation
from tests.browser.conftest import QUIET
from tests.support.chromium import executable

REPEATED = 20
QUESTION = """\
In step {number}, how do I read `data.csv` and sum one column?

import csv
rows = list(csv.reader(open("data.csv")))
"""
REPLY = """\
Use the **`csv`** module for step {number}. It splits each line at its commas, also where a value is quoted, which
`str.split` does not; what it gives are *strings*, so that numbers have to be converted before they can be summed.

1. Open the file with `newline=""`, or line ends in quoted values are changed.
2. Read it with `csv.DictReader`, which takes the names of the columns from the first line.
   - A missing value is `None`, one that is empty is `""`.
   - Names can be given with `fieldnames=` where the file has none.
3. Convert each value, and say which line it was when that fails.

```python
import csv
from collections.abc import Iterator
from pathlib import Path


def values(path: Path, column: str) -> Iterator[float]:
    \"\"\"The numbers of one column, from the second line on.\"\"\"
    with path.open(newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            try:
                yield float(row[column])
            except ValueError as error:
                raise ValueError(f"line {{number}}: {{row[column]!r}} is no number") from error


total = sum(values(Path("data.csv"), "price"))
print(f"{{total:.2f}}")
```

How the ways to do it compare for a file of a million lines:

| way | time | memory | needs |
|:----|-----:|-------:|:------|
| `csv.reader` | 0.9 s | 12 MB | nothing |
| `csv.DictReader` | 2.1 s | 12 MB | nothing |
| `pandas.read_csv` | 0.4 s | 190 MB | pandas |

> Sums of many floats lose digits: use `math.fsum` where cents matter.

If the file does not fit your memory, read it in pieces as above: only one line is held at a time.
"""
PROMPT = [{"role": "user", "content": "x" * 60_000}]


def make_conversation(owner: User, turns: int) -> Conversation:
    begun = datetime.now(UTC) - timedelta(days=30)
    messages = []
    for turn in range(turns):
        at = begun + timedelta(minutes=turn)
        asked, replied = QUESTION.format(number=turn), REPLY.format(number=turn)
        messages.append(FileMessage(2 * turn + 1, 2 * turn or None, Role.USER, at, asked))
        messages.append(
            FileMessage(
                2 * turn + 2, 2 * turn + 1, Role.ASSISTANT, at, replied, "succeeded", "stop", completion_tokens=430
            )
        )
    file = File(FORMAT, 1, f"{turns} turns", "chat", begun, 2 * turns, messages)
    conversation = import_conversation(owner=owner, file=file)
    Generation.objects.filter(message__conversation=conversation).update(messages=PROMPT)
    return conversation


async def measure_server(stack: Stack, conversations: Sequence[Conversation], cookie: str) -> None:
    async with aiohttp.ClientSession(stack.site, headers={"Cookie": cookie}) as http:
        for conversation in conversations:
            address = conversation.get_absolute_url()
            await measure_address(stack, http, address, conversation.title)
            await measure_address(stack, http, f"{address}?at=1", f"{conversation.title}, at the first")


async def measure_address(stack: Stack, http: aiohttp.ClientSession, address: str, what: str) -> None:
    await fetch(http, address)
    before, started = processor_seconds(stack.processes()), time.perf_counter()
    for _ in range(REPEATED):
        page = await fetch(http, address)
    elapsed, after = time.perf_counter() - started, processor_seconds(stack.processes())
    web, postgres = (1000 * (after[name] - before[name]) / REPEATED for name in ("web", "postgres"))
    print(
        f"{what}: {len(page) / 1000:,.0f} kB, {1000 * elapsed / REPEATED:.0f} ms,"
        f" processor {web:.0f} ms of web and {postgres:.0f} ms of Postgres"
    )


async def fetch(http: aiohttp.ClientSession, address: str) -> bytes:
    async with http.get(address) as answer:
        answer.raise_for_status()
        return await answer.read()


async def measure_browser(stack: Stack, conversations: Sequence[Conversation], cookie: str) -> None:
    name, _, value = cookie.partition("=")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable(), args=[*QUIET, "--no-sandbox"])
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        await context.add_cookies([{"name": name, "value": value, "url": f"http://127.0.0.1:{stack.port}"}])
        for conversation in conversations:
            page = await context.new_page()
            await report_page(
                page, f"http://127.0.0.1:{stack.port}{conversation.get_absolute_url()}", conversation.title
            )
            await page.close()
        await browser.close()


async def report_page(page: Page, url: str, title: str) -> None:
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable")
    await page.goto(url)
    await page.goto(url)  # a second time, with styles and scripts in the cache
    await page.wait_for_function("() => performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
    figures = {each["name"]: each["value"] for each in (await session.send("Performance.getMetrics"))["metrics"]}
    loaded, elements = await page.evaluate(
        "() => [performance.getEntriesByType('navigation')[0].loadEventEnd, document.querySelectorAll('*').length]"
    )
    busy, layout, style = (1000 * figures[name] for name in ("TaskDuration", "LayoutDuration", "RecalcStyleDuration"))
    print(
        f"{title}: {elements:,} elements, loaded after {loaded:.0f} ms, main thread busy {busy:.0f} ms"
        f" (of it layout {layout:.0f}, style {style:.0f}), heap {figures['JSHeapUsedSize'] / 1e6:.1f} MB"
    )


def main(turns: Sequence[int]) -> None:
    stack = Stack()
    try:
        user, cookie = sign_in()
        conversations = [make_conversation(user, count) for count in turns]
        asyncio.run(measure_server(stack, conversations, cookie))
        try:
            asyncio.run(measure_browser(stack, conversations, cookie))
        except Error as error:
            print("not measured in a browser:", error.message.splitlines()[0])
    finally:
        stack.stop()


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [10, 300, 2000])
