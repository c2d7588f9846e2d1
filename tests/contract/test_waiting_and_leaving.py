"""Each clock ends its own wait and no other, and a caller that leaves closes the connection.

The tests measure no time: if a clock must run out the server is silent for good, and if it must not, the clock is far
longer than the test.
"""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import aclosing

import aiohttp
import pytest

from apps.inference.errors import (
    ConnectTimedOut,
    FirstTokenTimedOut,
    InferenceError,
    Stalled,
    TotalTimedOut,
)
from apps.inference.requests import Delta, Timeouts
from apps.inference.server import Server
from tests.contract.conftest import PATIENT, Ask
from tests.contract.dialects import Dialect
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import KEEP_ALIVE, Pause, Send, Step, Wait, head

SOON = 0.05


def keep_alives_for_ever() -> list[Step]:
    return _keep_alives(100_000)


def _keep_alives(count: int) -> list[Step]:
    return [Send(KEEP_ALIVE), Pause(0.01)] * count


@pytest.mark.parametrize(
    ("timeouts", "expected"),
    [(Timeouts(first_token=SOON, total=20), FirstTokenTimedOut), (Timeouts(total=SOON), TotalTimedOut)],
)
@pytest.mark.parametrize("start", [[], [head()], [head(), *keep_alives_for_ever()]])
async def test_no_text_in_time(
    ask: Ask,
    scripted_server: ScriptedServer,
    start: list[Step],
    timeouts: Timeouts,
    expected: type[InferenceError],
) -> None:
    scripted_server.answer(*start, Wait())
    assert type((await ask(timeouts=timeouts)).error) is expected


async def test_server_that_should_have_answered_is_not_waited_for(ask: Ask, scripted_server: ScriptedServer) -> None:
    scripted_server.answer(Wait())
    outcome = await ask(timeouts=Timeouts(first_answer=SOON))
    assert type(outcome.error) is FirstTokenTimedOut
    await (await scripted_server.request()).left.wait()


@pytest.mark.parametrize("begin", [[head()], [head(), Send(KEEP_ALIVE)]])
async def test_server_that_has_answered_may_take_its_time(
    dialect: Dialect, ask: Ask, scripted_server: ScriptedServer, begin: list[Step]
) -> None:
    scripted_server.answer(*begin, Pause(1.2), Send(dialect.reply("late")))
    outcome = await ask(timeouts=Timeouts(first_answer=1))
    assert outcome.text == "late", outcome.error


async def test_silence_between_tokens(dialect: Dialect, ask: Ask, scripted_server: ScriptedServer) -> None:
    scripted_server.answer(head(), Send(dialect.token("half")), Wait())
    outcome = await ask(timeouts=Timeouts(between_tokens=SOON))
    assert type(outcome.error) is Stalled
    assert outcome.text == "half"


async def test_keep_alives_between_tokens_are_no_silence_but_have_their_end(
    dialect: Dialect, ask: Ask, scripted_server: ScriptedServer
) -> None:
    scripted_server.answer(head(), Send(dialect.token("half")), *keep_alives_for_ever())
    outcome = await ask(timeouts=Timeouts(between_tokens=1, total=1.2))
    assert type(outcome.error) is TotalTimedOut


async def test_keep_alives_before_the_first_token_are_no_failure(
    dialect: Dialect, ask: Ask, scripted_server: ScriptedServer
) -> None:
    scripted_server.answer(head(), *_keep_alives(30), Send(dialect.reply("at last")))
    outcome = await ask(timeouts=Timeouts(first_token=30, between_tokens=0.1))
    assert outcome.succeeded, outcome.error
    assert outcome.text == "at last"


async def test_no_connection_in_time(ask: Ask) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [_knock(full.getsockname()) for _ in range(4)]  # fill its queue: further SYNs get no answer
        outcome = await ask(url=f"http://127.0.0.1:{full.getsockname()[1]}", timeouts=Timeouts(connect=SOON))
        for knocking in waiting:
            knocking.close()
    assert type(outcome.error) is ConnectTimedOut


def _knock(address: tuple[str, int]) -> socket.socket:
    knocking = socket.socket()
    knocking.setblocking(False)
    knocking.connect_ex(address)
    return knocking


async def test_silence_after_the_finish_reason_loses_only_the_usage(
    dialect: Dialect, ask: Ask, scripted_server: ScriptedServer
) -> None:
    reply = dialect.without_what_follows_its_end("all")
    scripted_server.answer(head(), Send(reply), Wait())
    outcome = await ask(timeouts=Timeouts(between_tokens=SOON))
    assert outcome.succeeded, outcome.error
    assert outcome.text == "all"


def stream(dialect: Dialect, http: aiohttp.ClientSession, server: ScriptedServer) -> AsyncGenerator[Delta]:
    return dialect.stream(http, Server(server.url), PATIENT)


@pytest.mark.parametrize("start", ["before the answer", "before a token", "between tokens"])
async def test_cancelling_the_task_closes_the_connection(
    dialect: Dialect, http: aiohttp.ClientSession, scripted_server: ScriptedServer, start: str
) -> None:
    steps: list[Step] = [head(), Send(dialect.token("half"))]
    scripted_server.answer(*steps[: ["before the answer", "before a token", "between tokens"].index(start)], Wait())
    deltas: list[Delta] = []

    async def follow() -> None:
        async with aclosing(stream(dialect, http, scripted_server)) as replies:
            deltas.extend([delta async for delta in replies])

    task = asyncio.create_task(follow())
    request = await scripted_server.request()
    await asyncio.sleep(0.05)
    assert not request.left.is_set()
    task.cancel()
    await request.left.wait()
    assert request.left_early
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_closing_the_generator_closes_the_connection(
    dialect: Dialect, http: aiohttp.ClientSession, scripted_server: ScriptedServer
) -> None:
    scripted_server.answer(head(), Send(dialect.token("half")), Wait())
    async with aclosing(stream(dialect, http, scripted_server)) as replies:
        assert (await anext(replies)).text == "half"
        assert scripted_server.open_connections == 1
    request = await scripted_server.request()
    await request.left.wait()
    assert request.left_early


async def test_finished_stream_leaves_no_connection_behind(
    dialect: Dialect, ask: Ask, scripted_server: ScriptedServer
) -> None:
    scripted_server.answer(head(), Send(dialect.reply("all")), Wait())
    outcome = await ask()
    assert outcome.succeeded
    await (await scripted_server.request()).left.wait()


async def test_hundreds_of_streams_at_once(dialect: Dialect, ask: Ask, scripted_server: ScriptedServer) -> None:
    told = asyncio.Event()
    for _ in range(300):
        scripted_server.answer(head(), Send(dialect.token("half")), Wait(told), Send(dialect.reply(" whole")))
    asking = asyncio.gather(*(ask() for _ in range(300)))
    await scripted_server.request(299)
    assert scripted_server.open_connections == 300
    told.set()
    for outcome in await asking:
        assert outcome.text == "half whole"
