"""The scripted server's counting model keeps its promises, because other tests build on them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import aiohttp
import pytest

from apps.inference.errors import Interrupted, Overloaded, ServerError, Stalled
from apps.inference.http.connection import open_session
from apps.inference.protocols import protocol_named
from apps.inference.requests import ChatMessage, ChatRequest, Delta, Timeouts
from apps.inference.server import Server


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with open_session() as session:
        yield session


async def count(
    http: aiohttp.ClientSession, url: str, text: str, partial: str = "", most: int | None = None
) -> tuple[str, Delta | None, Exception | None]:
    messages = [ChatMessage("user", text)] + ([ChatMessage("assistant", partial)] if partial else [])
    request = ChatRequest(messages, max_tokens=most)
    told, last = "", None
    timeouts = Timeouts(between_tokens=1 if "stall" in text else 60)
    try:
        stream = protocol_named("openai").stream_chat(http, Server(url), request, timeouts)
        async with aclosing(stream):
            async for last in stream:
                told += last.text
    except Exception as error:  # noqa: BLE001 (the tests look at it)
        return told, None, error
    return told, last, None


async def test_it_counts(http: aiohttp.ClientSession, counting_server: str) -> None:
    told, last, _ = await count(http, counting_server, "count to 12")
    assert told == "1 2 3 4 5 6 7 8 9 10 11 12"
    assert last is not None
    assert last.finish_reason == "stop"
    assert last.usage is not None
    assert last.usage.completion_tokens == 12


async def test_it_continues_a_partial_reply(http: aiohttp.ClientSession, counting_server: str) -> None:
    assert (await count(http, counting_server, "count to 6", partial="1 2 3"))[0] == " 4 5 6"


async def test_it_stops_at_max_tokens(http: aiohttp.ClientSession, counting_server: str) -> None:
    told, last, _ = await count(http, counting_server, "count to 9", most=2)
    assert told == "1 2"
    assert last is not None
    assert last.finish_reason == "length"


@pytest.mark.parametrize(
    ("order", "expected"),
    [("fail", ServerError), ("cut", Interrupted), ("reset", Interrupted), ("stall", Stalled)],
)
async def test_it_fails_on_command(
    http: aiohttp.ClientSession, counting_server: str, order: str, expected: type[Exception]
) -> None:
    told, _, error = await count(http, counting_server, f"count to 9 at 50 per second, {order} after 3")
    assert type(error) is expected
    assert told == "1 2 3" or (order == "reset" and "1 2 3".startswith(told))  # a reset may overtake text


async def test_it_can_be_overloaded(http: aiohttp.ClientSession, counting_server: str) -> None:
    assert type((await count(http, counting_server, "overloaded"))[2]) is Overloaded


async def test_many_can_be_counted_for_at_once(http: aiohttp.ClientSession, counting_server: str) -> None:
    counts = await asyncio.gather(*(count(http, counting_server, "count to 30 at 200 per second") for _ in range(50)))
    assert {told for told, _, _ in counts} == {" ".join(str(number) for number in range(1, 31))}


@pytest.mark.parametrize(("path", "status"), [("/health", 200), ("/v1/models", 200), ("/elsewhere", 404)])
async def test_it_answers_plain_requests(
    http: aiohttp.ClientSession, counting_server: str, path: str, status: int
) -> None:
    async with http.get(counting_server + path) as response:
        assert response.status == status
