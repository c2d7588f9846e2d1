"""A browser tab on a conversation, without the browser: its page, what it shows, and three ways for that to arrive."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp
from django.conf import settings
from websockets.asyncio.client import ClientConnection, connect

from apps.accounts.models import User
from apps.chat.live.viewer import HEARTBEAT
from apps.chat.models import Conversation
from apps.stores.threads import in_thread
from tests.support.frames import ShownPage
from tests.support.sessions import session_of

PATIENCE = 60.0  # seconds
POLL_SECONDS = 0.02


@dataclass
class Tab:
    """One tab of a signed-in person: the frames that have reached it, and the last message after each."""

    site: str
    session: str
    page: ShownPage = field(init=False)
    frames: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    addresses: dict[str, str] = field(default_factory=dict)
    _socket: ClientConnection | None = None
    _frames: AsyncIterator[str] | None = None

    @property
    def cookie(self) -> dict[str, str]:
        return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={self.session}"}

    @property
    def address(self) -> str:
        """Return the address of its socket."""
        return f"{self.addresses['data-socket']}?{urlencode({'since': self.addresses['data-since']})}"

    async def load(self, conversation: Conversation) -> "Tab":
        """Load or reload the page, without following it."""
        async with (
            aiohttp.ClientSession(headers=self.cookie) as http,
            http.get(self.site + conversation.get_absolute_url()) as answer,
        ):
            assert answer.status == 200, await answer.text()
            self.page = ShownPage(await answer.text())
        self.addresses = dict(self.page.root.find("id", "transcript").attributes)
        return self

    @asynccontextmanager
    async def connected(self, address: str = "") -> AsyncIterator["Tab"]:
        """Hold the socket that the page names."""
        async with socket_to(self.site, address or self.address, self.cookie, origin=self.site) as socket:
            self._socket = socket
            self._frames = _texts(socket)
            yield self

    @asynccontextmanager
    async def streaming(self) -> AsyncIterator["Tab"]:
        """Hold the event stream that the page names."""
        parameters = {"since": self.addresses["data-since"]}
        async with (
            aiohttp.ClientSession(headers=self.cookie, read_bufsize=2**22) as http,
            http.get(self.site + self.addresses["data-events"], params=parameters) as answer,
        ):
            assert answer.status == 200
            assert answer.content_type == "text/event-stream"
            assert answer.headers["X-Accel-Buffering"] == "no"
            self._frames = _events(answer)
            yield self

    @asynccontextmanager
    async def asking(self) -> AsyncIterator["Tab"]:
        """Ask again and again what is missing."""
        async with aiohttp.ClientSession(headers=self.cookie) as http:
            self._frames = _answers(http, self.site + self.addresses["data-changes"], self.addresses["data-since"])
            yield self

    async def first_word(self) -> None:
        """Wait until the server has said that it is there."""
        assert self._frames is not None
        assert await anext(self._frames) == HEARTBEAT

    async def until(self, condition: Callable[[ShownPage], object]) -> None:
        """Apply frames until the page is as wanted."""
        assert self._frames is not None
        async with asyncio.timeout(PATIENCE):
            while not condition(self.page):
                frame = await anext(self._frames)
                if frame == HEARTBEAT:
                    continue
                self.frames.append(frame)
                self.page.apply(frame)
                self.shown.append(self.page.body())

    async def send(self, data: str | bytes) -> None:
        assert self._socket is not None
        await self._socket.send(data)

    async def until_over(self) -> None:
        await self.until(lambda page: not {"queued", "running"} & set(page.states))


async def _texts(socket: ClientConnection) -> AsyncIterator[str]:
    async for text in socket:
        assert isinstance(text, str)
        yield text


async def _events(answer: aiohttp.ClientResponse) -> AsyncIterator[str]:
    """Read events like an ``EventSource``."""
    lines: list[str] = []
    async for raw in answer.content:
        line = raw.decode().removesuffix("\n")
        if line:
            assert line.startswith("data: ")
            lines.append(line.removeprefix("data: "))
        else:
            yield "\n".join(lines)
            lines.clear()


async def _answers(http: aiohttp.ClientSession, address: str, since: str) -> AsyncIterator[str]:
    cursor = since
    while True:
        async with http.get(address, params={"cursor": cursor}) as answer:
            assert answer.status == 200
            missing = await answer.json()
        cursor = missing["cursor"]
        if missing["html"]:
            yield missing["html"]
        await asyncio.sleep(POLL_SECONDS)


def socket_to(site: str, address: str, headers: dict[str, str], *, origin: str | None) -> connect:
    """A socket as a browser would open it; it reads on while nobody listens, or closing would take long."""
    return connect(
        site.replace("http", "ws", 1) + address,
        additional_headers=headers,
        origin=origin,  # type: ignore[arg-type]  # a new type of str
        max_queue=None,
    )


async def tab_of(user: User, site: str, conversation: Conversation) -> Tab:
    """A tab in which the conversation has just been loaded."""
    return await Tab(site, await in_thread(session_of)(user)).load(conversation)
