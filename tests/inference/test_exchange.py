"""A broken connection takes nothing with it that had arrived."""

import asyncio

import pytest

from apps.inference.errors import Interrupted
from apps.inference.http.connection import open_session
from apps.inference.http.exchange import Exchange
from apps.inference.requests import Timeouts
from apps.inference.server import Server
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import Send, chunked, head

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
