"""Nothing that a server sent is lost: not when the connection breaks, and not while its socket is paused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from apps.inference.errors import Interrupted, Stalled, TotalTimedOut
from apps.inference.http.connection import open_session
from apps.inference.http.exchange import Exchange
from apps.inference.http.pace import Pace
from apps.inference.requests import Timeouts
from apps.inference.server import Server
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import Send, Step, Wait, chunked, head

PATIENT = Timeouts(connect=60, first_token=60, between_tokens=60, total=120)


async def test_what_came_before_a_break_is_read_after_it(scripted_server: ScriptedServer) -> None:
    scripted_server.answer(head(extra="Transfer-Encoding: chunked"), Send(chunked(b"data: 1\n\n")))
    async with (
        open_session() as http,
        Exchange(http, Server(scripted_server.url), "/", {}, PATIENT) as exchange,
        asyncio.timeout(60),
    ):
        answer = exchange._response  # noqa: SLF001 (nothing else tells of a break that nobody has read)
        assert answer is not None
        while answer.content.exception() is None:  # noqa: ASYNC110 (as above)
            await asyncio.sleep(0.01)
        assert await exchange.read() == b"data: 1\n\n"
        with pytest.raises(Interrupted):
            await exchange.read()


@asynccontextmanager
async def paused(
    server: ScriptedServer, *then: Step, timeouts: Timeouts = PATIENT
) -> AsyncIterator[tuple[Exchange, Pace, "asyncio.Task[bytes]"]]:
    """Yield an exchange after its first bytes, with its socket paused and a task that reads."""
    second = Wait()
    server.answer(head(extra="Transfer-Encoding: chunked"), Send(chunked(b"1")), second, *then)
    pace = Pace()
    pace.turn(on=True)
    async with (
        open_session() as http,
        Exchange(http, Server(server.url), "/", {}, timeouts) as exchange,
        asyncio.timeout(60),
    ):
        assert await exchange.read(pace) == b"1"  # the first text is not waited for
        exchange.begin()
        reading = asyncio.create_task(exchange.read(pace))
        await asyncio.sleep(0)
        second.told.set()
        yield exchange, pace, reading
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def test_a_paused_socket_is_read_when_the_pace_says(scripted_server: ScriptedServer) -> None:
    async with paused(scripted_server, Send(chunked(b"2")), Send(chunked(b"3"))) as (exchange, pace, reading):
        await (await scripted_server.request()).left.wait()  # all was sent, and then the connection was cut
        assert not reading.done()
        pace.read_now()
        assert await reading == b"23"
        pace.turn(on=False)
        with pytest.raises(Interrupted):
            await exchange.read(pace)


async def test_leaving_a_paused_exchange_closes_its_socket(scripted_server: ScriptedServer) -> None:
    async with paused(scripted_server, Wait()) as (_, pace, reading):
        reading.cancel()
    request = await scripted_server.request()
    async with asyncio.timeout(60):
        await request.left.wait()
    assert request.left_early
    pace.read_now()  # a moment later


async def test_a_pause_is_no_silence_of_the_server(scripted_server: ScriptedServer) -> None:
    impatient = Timeouts(connect=60, first_token=60, between_tokens=0.05, total=120)
    async with paused(scripted_server, Wait(), timeouts=impatient) as (_, pace, reading):
        await asyncio.sleep(0.2)
        assert not reading.done()
        pace.read_now()
        with pytest.raises(Stalled):
            await reading


async def test_the_total_time_ends_a_paused_exchange_when_it_reads(scripted_server: ScriptedServer) -> None:
    async with paused(scripted_server, Wait()) as (exchange, pace, reading):
        exchange._over_at = 0.0  # noqa: SLF001 (a second would be too short on a slow machine)
        pace.read_now()
        with pytest.raises(TotalTimedOut):
            await reading
