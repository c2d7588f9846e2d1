"""A browser tab on a conversation, without the browser: its page over HTTP, its socket, and what it shows."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from django.conf import settings
from django.test import Client
from websockets.asyncio.client import ClientConnection, connect

from apps.accounts.models import User
from apps.chat.models import Conversation
from apps.chat.viewer import HEARTBEAT
from apps.generation.threads import in_thread
from tests.support.frames import ShownPage

PATIENCE = 20.0  # seconds


@dataclass
class Tab:
    """One tab of a signed-in person: the frames that its socket has brought, and the last message after each."""

    site: str
    session: str
    page: ShownPage = field(init=False)
    frames: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    address: str = ""
    _socket: ClientConnection | None = None

    @property
    def cookie(self) -> dict[str, str]:
        return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={self.session}"}

    async def load(self, conversation: Conversation) -> "Tab":
        """Load or reload the page, without its socket."""
        async with (
            aiohttp.ClientSession(headers=self.cookie) as http,
            http.get(self.site + conversation.get_absolute_url()) as answer,
        ):
            assert answer.status == 200, await answer.text()
            self.page = ShownPage(await answer.text())
        self.address = self.page.root.find("id", "transcript").attributes["hx-ws:connect"]
        return self

    @asynccontextmanager
    async def connected(self) -> AsyncIterator["Tab"]:
        """Hold the socket that the page names."""
        async with socket_to(self.site, self.address, self.cookie, origin=self.site) as socket:
            self._socket = socket
            yield self

    async def until(self, condition: Callable[[ShownPage], object]) -> None:
        """Apply frames until the page is as wanted."""
        assert self._socket is not None
        async with asyncio.timeout(PATIENCE):
            while not condition(self.page):
                frame = await self._socket.recv()
                assert isinstance(frame, str)
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

    def sign_in() -> str:
        client = Client()
        client.force_login(user)
        return client.cookies[settings.SESSION_COOKIE_NAME].value

    return await Tab(site, await in_thread(sign_in)()).load(conversation)
