"""A model that counts, for tests that need replies of a known text at a known pace.

The last user message tells it what to do: "count to 50" (20 without a figure), "at 20 per second" (at once without
one), and how to fail: "fail after 10" (an error event), "cut after 10" (a clean end of the body), "reset after 10",
"stall after 10", "overloaded" (429). "reset at 10" fails in front of that number, but for a stream that begins with it,
so that it happens once. "hold at 50" waits in front of that number until ``POST /release`` names the question, and
sends keep-alive bytes meanwhile. The reply is "1 2 3 …", a word a token; a partial assistant turn at the end is
continued from its last number. "say hostile" gives the text of ``replies/hostile.md`` instead, four characters a token,
"say hostile 3 times" three times, in tokens thrice as long. It speaks as TGI does, natively and in the OpenAI style:
see ``counting_wire``.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.counting_wire import WORDINGS, Asking, Wording, chunk, plain_answer, usage
from tests.support.wire import Request, chunked, head

__all__ = ["answer", "chunk", "usage"]

DEFAULT_LENGTH = 20
REPLIES = Path(__file__).parent / "replies"
TOKEN = 4  # characters
KEEP_ALIVE, KEEP_ALIVE_SECONDS = b":\n\n", 5.0


@dataclass(frozen=True, slots=True)
class Order:
    """The parameters of one request."""

    first: int
    last: int
    most: int
    per_second: float
    failure: str
    fail_after: int
    overloaded: bool
    hold: int
    said: tuple[str, ...] = ()

    @classmethod
    def of(cls, asking: Asking) -> "Order":
        asked, partial = asking.asked, asking.partial
        counted = re.findall(r"\d+", partial)
        failure = re.search(r"(fail|cut|reset|stall) (after|at) (\d+)", asked)
        said = _said(asked)
        first = len(partial) // len(said[0]) + 1 if said else int(counted[-1]) + 1 if counted else 1
        return cls(
            said=said,
            first=first,
            last=len(said) or int(_figure(r"count to (\d+)", asked, DEFAULT_LENGTH)),
            most=asking.most or 10**9,
            per_second=_figure(r"at (\d+(?:\.\d+)?) per second", asked, 0),
            failure=failure[1] if failure else "",
            fail_after=_fail_after(failure[2], int(failure[3]), first) if failure else 10**9,
            overloaded="overloaded" in asked,
            hold=int(_figure(r"hold at (\d+)", asked, 0)),
        )

    def word(self, number: int) -> str:
        """The token of that number, from 1."""
        if self.said:
            return self.said[number - 1]
        return f"{number}" if number == 1 else f" {number}"


class Holds:
    """The questions whose replies may go on."""

    def __init__(self) -> None:
        self._released: set[str] = set()
        self._news = asyncio.Condition()

    async def release(self, questions: Iterable[str]) -> None:
        async with self._news:
            self._released.update(questions)
            self._news.notify_all()

    async def keep_alive(self, question: str) -> AsyncIterator[bytes]:
        """Yield what keeps a stream alive until the question is released."""
        while question not in self._released:
            with suppress(TimeoutError):
                async with asyncio.timeout(KEEP_ALIVE_SECONDS), self._news:
                    await self._news.wait_for(lambda: question in self._released)
                    return
            yield KEEP_ALIVE


def _said(asked: str) -> tuple[str, ...]:
    """The tokens of the text that is asked for, if one is."""
    named = re.match(r"say (\w+)(?: (\d+) times)?", asked)
    if not named:
        return ()
    times = int(named[2] or 1)
    text = (REPLIES / f"{named[1]}.md").read_text() * times
    return tuple(text[start : start + TOKEN * times] for start in range(0, len(text), TOKEN * times))


def _fail_after(word: str, number: int, first: int) -> int:
    """Return how many numbers are said before the failure."""
    if word == "after":
        return number
    return number - first if number > first else 10**9


def _figure(pattern: str, text: str, default: float) -> float:
    found = re.search(pattern, text)
    return float(found[1]) if found else default


def question_of(request: Request) -> str:
    """Return the question of a stream; empty if the request is for no stream."""
    wording = WORDINGS.get(request.path) if request.method == "POST" else None
    return wording.read(request.json).asked if wording else ""


async def answer(request: Request, holds: Holds) -> AsyncIterator[bytes | None]:
    """Yield the response's bytes as they are due; ``None`` asks for a TCP reset."""
    wording = WORDINGS.get(request.path) if request.method == "POST" else None
    if wording is None:
        yield plain_answer(request)
        return
    asking = wording.read(request.json)
    order = Order.of(asking)
    if order.overloaded:
        yield wording.overloaded
        return
    yield head(extra="Transfer-Encoding: chunked").data
    async for piece in _events(order, wording, lambda: holds.keep_alive(asking.asked)):
        yield None if piece is None else chunked(piece)


async def _events(
    order: Order, wording: Wording, held: Callable[[], AsyncIterator[bytes]]
) -> AsyncIterator[bytes | None]:
    """Yield the events and the empty piece that ends a body properly."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    wanted = order.last - order.first + 1
    told = ""
    for position, number in enumerate(range(order.first, order.last + 1)):
        if position == order.most:
            break
        if order.per_second:
            await asyncio.sleep(started + (position + 1) / order.per_second - loop.time())
        if number == order.hold:
            async for nothing in held():
                yield nothing
        if position == order.fail_after:
            async for piece in _fail(order.failure, wording):
                yield piece
            return
        text = order.word(number)
        told += text
        yield wording.token(text)
    yield wording.ending(told, max(0, min(wanted, order.most)), order.most < wanted)
    yield b""


async def _fail(failure: str, wording: Wording) -> AsyncIterator[bytes | None]:
    if failure == "fail":
        yield wording.failure
        yield b""
    elif failure == "cut":
        yield b""
    elif failure == "reset":
        yield None
    elif failure == "stall":
        await asyncio.Event().wait()
