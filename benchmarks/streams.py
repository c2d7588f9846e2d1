"""What streaming costs: processor time a token, memory, and how late the text is, with many replies at once.

    uv run python -m benchmarks.streams [STREAMS ...]

Everything is real but the model, a scripted server that counts at 50 tokens a second: Postgres, Valkey, one worker,
one web process, a WebSocket for each reply. Processor time is that of worker, web, Valkey and Postgres; the model and
the sockets' readers are other processes and not counted. Lateness compares each token with its stream's pace.
"""

import asyncio
import os
import re
import shutil
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

DATA_DIR = tempfile.mkdtemp(prefix="workbench-bench-")
os.environ["DATA_DIR"] = DATA_DIR
os.environ["GENERATIONS_PER_PERSON"] = "10000"  # one person asks for everything here
os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"

import django

django.setup()

import psutil
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from websockets.asyncio.client import connect

from apps.accounts.models import User
from apps.chat.services.send import start_conversation
from apps.embedded import programs
from apps.embedded.layout import Layout
from apps.embedded.ports import free_port
from apps.embedded.program import Program
from apps.endpoints.services import add_endpoint
from apps.generation.event_log import sync_client
from apps.generation.models import Generation
from apps.generation.runtime import WORKERS_KEY
from tests.support.services import Running, Services, run

TOKENS = 200
PER_SECOND = 50
QUESTION = f"count to {TOKENS} at {PER_SECOND} per second"
REPLY = " ".join(str(number) for number in range(1, TOKENS + 1))
NEW_TEXT = re.compile(r'-(?:tail|open)" hx-swap="[^"]*">(.*?)</hx-partial>', re.DOTALL)
TAG = re.compile(r"<[^>]*>")


@dataclass
class Viewer:
    """One socket: when each number was first seen, and whether the end was."""

    seen: dict[int, float] = field(default_factory=dict)
    ended: bool = False

    def take(self, frame: str) -> None:
        now = time.perf_counter()
        for text in NEW_TEXT.findall(frame):
            for number in re.findall(r"\d+", TAG.sub("", text)):
                self.seen.setdefault(int(number), now)
        self.ended = self.ended or 'data-role="assistant" data-state="succeeded"' in frame

    def lateness(self) -> list[float]:
        """Seconds that each token came after its place in the stream's own pace."""
        beats = {number: at - number / PER_SECOND for number, at in self.seen.items()}
        earliest = min(beats.values(), default=0.0)
        return [beat - earliest for beat in beats.values()]


class Stack:
    """The processes under measurement."""

    def __init__(self) -> None:
        self.layout = Layout(settings.DATA_DIR)
        self.services = Services(self.layout)
        self.services.start()
        call_command("migrate", verbosity=0)
        self.model = self._run(Program("model", (sys.executable, "-m", "tests.support.scripted_server", "--port", "0")))
        self.model.wait_until(lambda: "http://" in self.model.log.read_text())
        self.port = free_port()  # after the model, which takes any
        self.worker = self._run(programs.worker())
        self.web = self._run(programs.web(self.port))
        self.worker.wait_until(lambda: bool(sync_client().zcard(WORKERS_KEY)))
        self.web.wait_until(self._web_listens)
        url = self.model.log.read_text().split()[0]
        add_endpoint(name="counting", url=url, protocol="openai", variant="instruct", max_concurrency=10_000)

    def _run(self, program: Program) -> Running:
        return run(program, self.layout.logs)

    def _web_listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def processes(self) -> dict[str, list[psutil.Process]]:
        running = {"worker": self.worker, "web": self.web}
        running |= {server.program.name: server for server in self.services.running}
        alive = {name: each.process.pid for name, each in running.items() if each.process.poll() is None}
        return {name: _family(psutil.Process(pid)) for name, pid in alive.items()}

    def stop(self) -> None:
        for running in (self.web, self.worker, self.model):
            running.stop()
        self.services.stop()


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def processor_seconds(processes: dict[str, list[psutil.Process]]) -> dict[str, float]:
    """User and system time so far, by program."""
    return {
        name: sum(sum(process.cpu_times()[:2]) for process in family if process.is_running())
        for name, family in processes.items()
    }


def memory(processes: dict[str, list[psutil.Process]]) -> dict[str, float]:
    """Proportional set size in MB, by program."""
    return {
        name: sum(process.memory_full_info().pss for process in family if process.is_running()) / 1e6
        for name, family in processes.items()
    }


def sign_in() -> tuple[User, str]:
    user, _ = User.objects.get_or_create(username="bench")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return user, f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


async def view(url: str, cookie: str, origin: str, viewer: Viewer) -> None:
    headers = {"Cookie": cookie, "Origin": origin}
    async with connect(url, additional_headers=headers, compression=None, max_size=None) as frames:
        async for frame in frames:
            viewer.take(str(frame))
            if viewer.ended:
                return


async def stream(port: int, streams: int) -> tuple[list[Viewer], list[UUID | None]]:
    """Start that many replies, one viewer each, and read them to their ends."""
    user, cookie = await asyncio.to_thread(sign_in)
    viewers, tasks, ids = [], [], []
    for _ in range(streams):
        exchange = await asyncio.to_thread(start_conversation, owner=user, text=QUESTION)
        url = f"ws://127.0.0.1:{port}/ws/chat/{exchange.conversation.pk}/"
        viewers.append(Viewer())
        ids.append(exchange.reply.generation_id)
        tasks.append(asyncio.create_task(view(url, cookie, f"http://127.0.0.1:{port}", viewers[-1])))
    done, late = await asyncio.wait(tasks, timeout=60 + 2 * TOKENS / PER_SECOND)
    for task in late:
        task.cancel()
    for task in done:
        if error := task.exception():
            print("  a socket failed:", error)
    return viewers, ids


def measure(stack: Stack, streams: int) -> None:
    processes = stack.processes()
    before = processor_seconds(processes)
    started = time.perf_counter()
    viewers, ids = asyncio.run(stream(stack.port, streams))
    elapsed = time.perf_counter() - started
    after = processor_seconds(stack.processes())
    report(streams, elapsed, viewers, list(Generation.objects.filter(pk__in=ids)))
    cost = {name: (after[name] - before.get(name, 0.0)) / (streams * TOKENS / 1000) for name in after}
    print(f"  processor s per 1,000 tokens: {by_program(cost, 3)}")


def report(streams: int, elapsed: float, viewers: list[Viewer], generations: list[Generation]) -> None:
    right = sum(generation.text == REPLY for generation in generations)
    whole = sum(set(viewer.seen) == set(range(1, TOKENS + 1)) and viewer.ended for viewer in viewers)
    late = [seconds * 1000 for viewer in viewers for seconds in viewer.lateness()]
    waits = [wait * 1000 for each in generations if (wait := each.seconds_to_first_token) is not None]
    pace = TOKENS / PER_SECOND
    print(f"{streams} streams, {streams * TOKENS:,} tokens in {elapsed:.1f} s (the model's pace: {pace:.1f} s)")
    print(f"  right in Postgres {right}/{streams}, whole at the viewer {whole}/{streams}")
    print(f"  lateness: {percentiles(late)}")
    print(f"  first token, {1000 / PER_SECOND:.0f} ms of it the model's: {percentiles(waits)}")


def by_program(figures: dict[str, float], digits: int) -> str:
    parts = ", ".join(f"{name} {figure:.{digits}f}" for name, figure in figures.items())
    return f"{sum(figures.values()):.{digits}f} = {parts}"


def percentiles(milliseconds: list[float]) -> str:
    if not milliseconds:
        return "nothing measured"
    ordered = sorted(milliseconds)
    p99 = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    return f"p50 {statistics.median(ordered):.0f} ms, p99 {p99:.0f} ms, most {ordered[-1]:.0f} ms"


def main(counts: Sequence[int]) -> None:
    stack = Stack()
    try:
        idle = memory(stack.processes())
        print(f"idle memory MB: {by_program(idle, 0)}")
        for streams in (1, *counts):  # the first warms up
            measure(stack, streams)
        busy = memory(stack.processes())
        print(f"memory after MB: {by_program(busy, 0)}")
    finally:
        stack.stop()
        shutil.rmtree(DATA_DIR, ignore_errors=True)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [16, 100, 200])
