"""A reader that does not read is dropped, holds nobody up, and can come back."""

import asyncio
import select
import socket
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from apps.accounts.models import User
from apps.embedded import programs
from apps.embedded.ports import HOST, free_port
from apps.embedded.program import Program
from apps.generation.live_connections import keys
from apps.stores.redis import sync_client
from apps.stores.threads import in_thread
from tests.chat.exchanges import generation_of
from tests.chat.live_replies import ask, assert_like_reloaded, model, pieces, scripted_server, the_end
from tests.chat.tab import Tab, tab_of
from tests.conftest import answers
from tests.support.scripted_server import ScriptedServer
from tests.support.services import Running
from tests.support.wire import Wait, head

__all__ = ["model", "scripted_server"]

pytestmark = [pytest.mark.django_db(transaction=True)]

LONG = "".join(f"Paragraph {number} {'of many words ' * 30}\n\n" for number in range(1500))
SMALLEST = 4096  # bytes that the kernel takes for a reader
HANDSHAKE = """\
GET {address} HTTP/1.1\r
Host: {host}\r
Origin: {site}\r
Cookie: {cookie}\r
{more}\r
"""
UPGRADE = """\
Connection: Upgrade\r
Upgrade: websocket\r
Sec-WebSocket-Version: 13\r
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
"""


@pytest.fixture(scope="module")
def impatient_site(run_program: Callable[[Program], Running]) -> str:
    """A web process that waits for half a second."""
    port = free_port()
    web = replace(programs.web(port), name="impatient-web", environment={"SLOW_READER_SECONDS": "0.5"})
    run_program(web).wait_until(lambda: answers(f"http://{HOST}:{port}/healthz"))
    return f"http://{HOST}:{port}"


def open_and_read_nothing_else(tab: Tab, address: str, more: str) -> socket.socket:
    """A connection whose answer has begun; segments are small, so that the server's kernel takes little as well."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALLEST)
    reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    place = urlsplit(tab.site)
    assert place.port is not None
    reader.connect((HOST, place.port))
    request = HANDSHAKE.format(
        address=address, host=place.netloc, site=tab.site, cookie=tab.cookie["Cookie"], more=more
    )
    reader.sendall(request.encode())
    assert reader.recv(12) in {b"HTTP/1.1 101", b"HTTP/1.1 200"}
    return reader


def wait_for_reset(reader: socket.socket) -> int:
    """Return the kernel's error for a connection that nobody reads; 0 if there is none for long."""
    poll = select.poll()
    poll.register(reader, 0)
    return sum(flags for _, flags in poll.poll(20_000))


@pytest.mark.parametrize("name", ["data-socket", "data-events"])
async def test_reader_that_does_not_read_is_dropped_and_can_come_back(
    alice: User, model: ScriptedServer, impatient_site: str, name: str
) -> None:
    sync_client().delete(*keys(alice.pk))
    go_on = Wait()
    model.answer(head(), *pieces(LONG, size=500), go_on, *pieces("The end."), *the_end())
    exchange = await ask(alice)
    tab, other = [await tab_of(alice, impatient_site, exchange.conversation) for _ in range(2)]
    more = UPGRADE if name == "data-socket" else ""
    async with other.connected():
        with await in_thread(open_and_read_nothing_else)(tab, tab.addresses[name], more) as reader:
            assert await in_thread(wait_for_reset)(reader) & select.POLLERR
        go_on.told.set()
        await other.until_over()  # has not noticed
    async with tab.connected():
        await tab.until_over()
    await assert_like_reloaded(tab, exchange)
    assert generation_of(exchange).text == f"{LONG}The end."
    await assert_like_reloaded(other, exchange)
    async with asyncio.timeout(60):
        while sync_client().zcard(keys(alice.pk)[0]):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
