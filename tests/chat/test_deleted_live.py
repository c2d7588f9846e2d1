"""A deleted conversation closes its live connections at once, and its reply stops."""

import asyncio

import aiohttp
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosedError

from apps.accounts.models import User
from apps.chat.consumers import SIGNED_OUT
from apps.chat.live.viewer import HEARTBEAT, HEARTBEAT_SECONDS
from apps.chat.services.delete import delete_conversation
from apps.generation.models import State
from apps.stores.threads import in_thread
from tests.chat.exchanges import generation_of
from tests.chat.live_replies import model, scripted_server, shows_half, stop_half_way
from tests.chat.tab import socket_to, tab_of
from tests.support.scripted_server import ScriptedServer

__all__ = ["model", "scripted_server"]

pytestmark = [pytest.mark.django_db(transaction=True)]

AT_ONCE = HEARTBEAT_SECONDS / 2  # or it would be the next look that noticed


async def read_on(socket: ClientConnection) -> None:
    while True:
        await socket.recv()


async def test_socket_is_closed_and_the_reply_stopped(
    alice: User, model: ScriptedServer, live_asgi_server: str
) -> None:
    reply = await stop_half_way(alice, model)
    tab = await tab_of(alice, live_asgi_server, reply.exchange.conversation)
    async with tab.connected():
        await tab.until(shows_half)
    async with socket_to(tab.site, tab.address, tab.cookie, origin=tab.site) as socket:
        assert await socket.recv() == HEARTBEAT
        await in_thread(delete_conversation)(conversation=reply.exchange.conversation)
        async with asyncio.timeout(AT_ONCE):
            with pytest.raises(ConnectionClosedError) as closed:
                await read_on(socket)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == SIGNED_OUT
    generation = generation_of(reply.exchange)
    await in_thread(generation.refresh_from_db)()
    assert generation.state == State.CANCELLED


async def test_event_stream_ends_and_is_not_there_again(
    alice: User, model: ScriptedServer, live_asgi_server: str
) -> None:
    reply = await stop_half_way(alice, model)
    tab = await tab_of(alice, live_asgi_server, reply.exchange.conversation)
    async with aiohttp.ClientSession(headers=tab.cookie, read_bufsize=2**22) as http:
        addresses = [tab.site + tab.addresses[name] for name in ("data-events", "data-changes")]
        async with http.get(addresses[0]) as stream:
            assert stream.status == 200
            assert HEARTBEAT in (await stream.content.readline()).decode()
            await in_thread(delete_conversation)(conversation=reply.exchange.conversation)
            async with asyncio.timeout(AT_ONCE):
                await stream.content.read()
        for address in addresses:
            async with http.get(address) as answer:
                assert answer.status == 404
