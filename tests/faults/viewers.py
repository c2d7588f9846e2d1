"""People and programs that watch one reply each from outside, and come back whenever they are cut off."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlencode
from uuid import uuid4

import aiohttp
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from yarl import URL

from tests.support.frames import ShownPage

TAG = re.compile(r"<[^>]*>")
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0  # seconds between two tries to connect
CUT_OFF = (OSError, aiohttp.ClientError, WebSocketException, TimeoutError, EOFError)
LONGEST_ANSWER = aiohttp.ClientTimeout(total=60)  # long: fifty viewers ask a slow machine at once
LONGEST_SILENCE = 40.0  # seconds, as in the page's own script; the API's pulse comes every ten


class Refused(OSError):
    """The site gave an unexpected answer; the viewer tries again."""


@dataclass(eq=False)
class Viewer:
    """Watches until the reply is over; ``seen`` is when each further number came."""

    site: str
    http: aiohttp.ClientSession
    asked: str
    last: int
    text: str = ""
    state: str = ""
    seen: list[tuple[float, int]] = field(default_factory=list)
    is_asked: bool = False
    connections: int = 0
    troubles: list[str] = field(default_factory=list)
    task: "asyncio.Task[None] | None" = None
    listening: "asyncio.Task[None] | None" = None

    def __str__(self) -> str:
        return f"{self.asked}: {self.state or 'not connected'} after …{self.text[-20:]!r}, {self.troubles[-1:]}"

    @property
    def wanted(self) -> str:
        return " ".join(str(number) for number in range(1, self.last + 1))

    @property
    def is_over(self) -> bool:
        return self.state in {"succeeded", "failed", "cancelled"}

    def watch(self) -> None:
        self.task = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        if not self.is_asked:
            await self.ask()
            self.is_asked = True
        pause = FIRST_PAUSE
        while not self.is_over:
            began = len(self.seen)
            self.listening = asyncio.create_task(self.listen())
            try:
                await self.listening
            except CUT_OFF as error:
                self.troubles.append(repr(error))
            except asyncio.CancelledError:
                if (watching := asyncio.current_task()) and watching.cancelling():
                    raise
            if not self.is_over:
                pause = FIRST_PAUSE if len(self.seen) > began else min(2 * pause, LONGEST_PAUSE)
                await asyncio.sleep(pause)

    async def listen(self) -> None:
        """Connect once, and return at the end of the reply."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Stop the reply, as another tab or another program does."""
        raise NotImplementedError

    async def ask(self) -> None:
        """Ask the question until the site accepts it."""
        pause = FIRST_PAUSE
        while True:
            try:
                await self.try_to_ask()
            except CUT_OFF as error:
                self.troubles.append(repr(error))
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                return

    async def try_to_ask(self) -> None:
        raise NotImplementedError

    def reload(self) -> None:
        """Drop the connection, as a reload does."""
        if self.listening is not None:
            self.listening.cancel()

    def show(self, text: str) -> None:
        """Check the text on the page: it may only grow, and must always be a prefix of the right text."""
        assert self.wanted.startswith(text), f"{self.asked}: …{text[-80:]!r} came after {self.text[-80:]!r}"
        if len(text) > len(self.text):
            self.seen.append((time.monotonic(), len(text)))
        self.text = text


@dataclass(eq=False)
class TabViewer(Viewer):
    """A browser tab: its page, its socket, and the text shown."""

    address: str = ""
    page: ShownPage | None = None

    def reload(self) -> None:
        self.page = None
        super().reload()

    async def try_to_ask(self) -> None:
        key = str(uuid4()) if not self.address else self.address
        self.address = key  # the same with every try: two posts make one reply
        form = {"csrfmiddlewaretoken": self._token, "message": self.asked, "key": key}
        async with self.http.post(
            f"{self.site}/chat/", data=form, allow_redirects=False, timeout=LONGEST_ANSWER
        ) as answer:
            if answer.status != 302:
                raise Refused(answer.status)
            self.address = answer.headers["Location"]

    async def stop(self) -> None:
        form = {"csrfmiddlewaretoken": self._token}
        async with self.http.post(f"{self.site}{self.address}stop/", data=form, allow_redirects=False) as answer:
            assert answer.status == 302, answer.status

    async def listen(self) -> None:
        self.connections += 1
        if self.page is None:
            self.page = await self._load()
            self._look()
            if self.is_over:
                return
        cookies = self.http.cookie_jar.filter_cookies(URL(self.site))
        headers = {"Cookie": "; ".join(f"{cookie.key}={cookie.value}" for cookie in cookies.values())}
        names = self.page.by_id("transcript").attributes
        address = f"{names['data-socket']}?{urlencode({'since': names['data-since']})}"
        async with connect(
            self.site.replace("http", "ws", 1) + address,
            additional_headers=headers,
            origin=self.site,  # type: ignore[arg-type]  # a new type of str
            compression=None,
            max_size=None,
            open_timeout=LONGEST_ANSWER.total,
            close_timeout=1,
        ) as socket:
            await self._read(socket)

    @property
    def _token(self) -> str:
        """Return the CSRF token of the browser's forms, from its cookie."""
        return next(cookie.value for cookie in self.http.cookie_jar if cookie.key.endswith("csrftoken"))

    async def _load(self) -> ShownPage:
        async with self.http.get(self.site + self.address, timeout=LONGEST_ANSWER) as answer:
            if answer.status != 200:
                raise Refused(answer.status)
            return ShownPage(await answer.text())

    async def _read(self, socket: ClientConnection) -> None:
        while not self.is_over:
            frame = str(await asyncio.wait_for(socket.recv(), LONGEST_SILENCE))
            if frame.startswith("<"):
                assert self.page is not None
                self.page.apply(frame)
                self._look()

    def _look(self) -> None:
        assert self.page is not None
        self.show(" ".join(TAG.sub(" ", self.page.body()).split()))
        self.state = self.page.states[-1]


@dataclass(eq=False)
class ApiViewer(Viewer):
    """A program that follows its generation's events, and resumes from its offset."""

    key: str = ""
    generation_id: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}", "X-On-Disconnect": "continue"}

    async def try_to_ask(self) -> None:
        body = {"model": "instruct", "messages": [{"role": "user", "content": self.asked}], "stream": True}
        address = f"{self.site}/v1/chat/completions"
        async with self.http.post(address, json=body, headers=self.headers, timeout=LONGEST_ANSWER) as answer:
            if answer.status != 200:
                raise Refused(answer.status)
            self.generation_id = answer.headers["X-Generation-Id"]

    async def stop(self) -> None:
        address = f"{self.site}/v1/generations/{self.generation_id}/cancel"
        async with self.http.post(address, headers=self.headers) as answer:
            assert answer.status == 200, await answer.text()

    async def listen(self) -> None:
        self.connections += 1
        address = f"{self.site}/v1/generations/{self.generation_id}/events?after={len(self.text)}"
        patience = aiohttp.ClientTimeout(total=None, sock_connect=LONGEST_ANSWER.total, sock_read=LONGEST_SILENCE)
        async with self.http.get(address, headers=self.headers, timeout=patience) as answer:
            if answer.status != 200:
                raise Refused(answer.status)
            async for event, data in _events(answer.content):
                self._take(event, data)

    def _take(self, event: str, data: dict[str, object]) -> None:
        if event == "delta":
            assert data["offset"] == len(self.text), f"{self.asked}: {data['offset']} comes after {len(self.text)}"
            self.show(self.text + str(data["text"]))
        elif event == "end":
            self.state = str(data["state"])
        elif event == "state":
            assert not self.is_over, f"{self.asked}: {data} comes after the end"


async def _events(lines: aiohttp.StreamReader) -> AsyncIterator[tuple[str, dict[str, object]]]:
    """The named events of a stream; a connection that breaks off leaves no half of one."""
    event, data = "", ""
    async for line in lines:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name == "event":
            event = value
        elif name == "data":
            data = value
        elif not name and data:
            yield event, json.loads(data)
            event, data = "", ""
