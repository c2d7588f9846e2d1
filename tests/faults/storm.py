"""Many numbered replies on a whole stack, watched from outside while things are killed."""

import asyncio
import json
import random
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp
from yarl import URL

from tests.faults.stack import Stack
from tests.faults.viewers import ApiViewer, TabViewer, Viewer
from tests.support.scripted_server import release
from tests.support.sign_in_form import sign_in_form

PATIENCE = 120.0  # seconds without anything new at any viewer
VARIABLES = {"GENERATIONS_PER_PERSON": "1000", "STREAMS_PER_PERSON": "2000"}


@contextmanager
def model_server() -> Iterator[str]:
    """The address of a model that counts, a process of its own."""
    command = [sys.executable, "-m", "tests.support.scripted_server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


@dataclass
class Site:
    """A running stack with one model server, which counts, and a person with a key."""

    stack: Stack
    model: str
    key: str = ""
    cookies: dict[str, str] = field(default_factory=dict)

    def prepare(self) -> None:
        """Register the model server and make the person's key. The stack is ready."""
        words = ("--protocol", "openai", "--variant", "instruct", "--max-concurrency", "50")  # it is full in the soak
        *_, self.key = self.stack.manage_all(
            ("set_endpoint", "local", "--state", "disabled"),
            ("add_endpoint", "counting", self.model, *words),
            ("create_api_key", "admin"),
        )

    async def sign_in(self, http: aiohttp.ClientSession) -> None:
        """Sign in by the printed link; all later sessions share its cookies."""
        if self.cookies:
            http.cookie_jar.update_cookies(self.cookies, URL(self.stack.site))
            return
        async with http.get(self.stack.printed_link) as page:
            address, fields = sign_in_form(await page.text())
        async with http.post(f"{self.stack.site}{address}", data=fields) as answer:
            assert str(answer.url).endswith("/chat/"), answer.url
        self.cookies = {cookie.key: cookie.value for cookie in http.cookie_jar}

    def upstream(self) -> list[dict[str, Any]]:
        """Return every stream that the model server has had."""
        with urllib.request.urlopen(f"{self.model}/streams", timeout=20) as answer:  # noqa: S310 (our own address)
            return list(json.load(answer))


@dataclass
class Fault:
    """A fault with its time, and how long each viewer then went without a new number."""

    name: str
    at: float
    running: list[Viewer]

    def silences(self) -> list[float]:
        return [silence for viewer in self.running if (silence := self._silence(viewer)) is not None]

    def _silence(self, viewer: Viewer) -> float | None:
        """Return the viewer's longest pause that began with the fault or within a second after it."""
        moments = [moment for moment, _ in viewer.seen]
        began = [number for number, moment in enumerate(moments[1:]) if self.at < moment]
        pauses = [moments[number + 1] - moments[number] for number in began if moments[number] < self.at + 1]
        return max(pauses, default=None)


@dataclass
class Storm:
    """Running replies on a site, half of them in tabs and half through the API."""

    site: Site
    http: aiohttp.ClientSession
    chance: random.Random = field(default_factory=random.Random)
    viewers: list[Viewer] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    name: str = field(default_factory=lambda: uuid4().hex[:6])

    def begin(self, count: int, *, length: int, per_second: float, more: str = "") -> list[Viewer]:
        """Ask ``count`` questions at once and watch the replies; ``more`` is added to each question."""
        begun = [self._viewer(length, per_second, more) for _ in range(count)]
        for viewer in begun:
            viewer.watch()
        return begun

    def _viewer(self, length: int, per_second: float, more: str) -> Viewer:
        number = len(self.viewers)
        asked = f"question {self.name}-{number}: count to {length} at {per_second} per second {more}".strip()
        viewer: Viewer = (
            TabViewer(self.site.stack.site, self.http, asked, length)
            if number % 2
            else ApiViewer(self.site.stack.site, self.http, asked, length, key=self.site.key)
        )
        self.viewers.append(viewer)
        return viewer

    @property
    def running(self) -> list[Viewer]:
        return [viewer for viewer in self.viewers if viewer.seen and not viewer.is_over]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for ``condition``; fail only after ``PATIENCE`` seconds without anything new at any viewer."""
        progress, give_up = self._progress(), time.monotonic() + PATIENCE
        while not condition():
            self.check()
            assert time.monotonic() < give_up, "\n".join(map(str, self.waiting))
            await asyncio.sleep(0.05)
            if progress != (progress := self._progress()):
                give_up = time.monotonic() + PATIENCE

    def _progress(self) -> tuple[int, ...]:
        """Return how many replies were asked for, began and ended, and how often a text has grown."""
        steps = ((each.is_asked, bool(each.state), each.is_over, len(each.seen)) for each in self.viewers)
        return tuple(map(sum, zip(*steps, strict=True)))

    @property
    def waiting(self) -> list[Viewer]:
        return [viewer for viewer in self.viewers if not viewer.is_over]

    async def during[T](self, waiting: Awaitable[T]) -> T:
        """Wait, and raise meanwhile if a viewer fails."""
        task = asyncio.ensure_future(waiting)
        while not task.done():
            self.check()
            await asyncio.wait([task], timeout=0.2)
        return task.result()

    async def until_under_way(self, characters: int = 100) -> None:
        await self.until(lambda: all(len(viewer.text) > characters for viewer in self.viewers))

    def check(self) -> None:
        """Raise the error of a viewer, if there is one."""
        for viewer in self.viewers:
            if viewer.task is not None and viewer.task.done():
                viewer.task.result()

    def note(self, name: str) -> Fault:
        self.faults.append(Fault(name, time.monotonic(), self.running))
        return self.faults[-1]

    def kill(self, *names: str) -> Fault:
        fault = self.note(" + ".join(names))
        for name in names:
            self.site.stack.kill(name)
        return fault

    async def until_back(self, name: str, killed: int) -> None:
        """Wait until the supervisor runs ``name`` again."""
        await self.until(lambda: self.site.stack.pid_of(name) != killed)

    def has_recovered(self) -> bool:
        """Return whether each viewer at the latest fault has seen something new since, or the end."""
        return not self.faults or all(
            viewer.is_over or viewer.seen[-1][0] > self.faults[-1].at + 0.5 for viewer in self.faults[-1].running
        )

    def reload(self, count: int) -> Fault:
        """Have some viewers reload their page, or connect anew."""
        fault = self.note("reload")
        fault.running = self.chance.sample(fault.running, min(count, len(fault.running)))
        for viewer in fault.running:
            viewer.reload()
        return fault

    async def let_go(self, viewers: Iterable[Viewer]) -> None:
        """Release these replies, which the model holds."""
        await asyncio.to_thread(release, self.site.model, [viewer.asked for viewer in viewers])

    async def until_over(self) -> None:
        """Wait for every end, and check every text: at its viewer, at one who comes later, and upstream.

        Replies that are held may end from now on.
        """
        await self.let_go(self.viewers)
        await self.until(lambda: not self.waiting)
        for viewer in self.viewers:
            assert (viewer.state, viewer.text) == ("succeeded", viewer.wanted), str(viewer)
        await self.until_settled()

    async def until_settled(self) -> None:
        """Check that nothing is open upstream, and that a later viewer sees the same."""
        await self.until(lambda: not self.open_upstream() and self.have_left())
        shown = {viewer: (viewer.state, viewer.text, viewer.seen) for viewer in self.viewers}
        for viewer in self.viewers:
            viewer.state, viewer.text, viewer.seen = "", "", []
            viewer.reload()
            viewer.watch()
        await self.until(lambda: not self.waiting)
        for viewer, (state, text, seen) in shown.items():
            assert (viewer.state, viewer.text) == (state, text), viewer.asked
            viewer.seen = seen

    def have_left(self) -> bool:
        """Return whether every viewer has ended its connection, which may come a moment after the reply's end."""
        return all(viewer.task is None or viewer.task.done() for viewer in self.viewers)

    def end(self) -> None:
        """Stop watching."""
        for viewer in self.viewers:
            if viewer.task is not None:
                viewer.task.cancel()

    def open_upstream(self) -> list[str]:
        return [stream["asked"] for stream in self._upstream() if stream["open"]]

    def streams_of(self, viewer: Viewer) -> int:
        """Return how many streams the model server had for this question."""
        return [stream["asked"] for stream in self._upstream()].count(viewer.asked)

    def left_at(self, asked: str) -> float:
        """Return when the last stream of this question ended, by this machine's monotonic clock."""
        return max(float(stream["left_at"]) for stream in self._upstream() if stream["asked"] == asked)

    def _upstream(self) -> list[dict[str, Any]]:
        return [stream for stream in self.site.upstream() if stream["asked"].startswith(f"question {self.name}-")]

    def report(self) -> str:
        """Return a line per kind of fault: how long viewers went without a new number."""
        lines = []
        for name in sorted({fault.name for fault in self.faults}):
            times = [silence for fault in self.faults if fault.name == name for silence in fault.silences()]
            count = sum(fault.name == name for fault in self.faults)
            if times:
                lines.append(f"{name} ×{count}: median {statistics.median(times):.1f} s, worst {max(times):.1f} s")
        return "\n".join(lines)
