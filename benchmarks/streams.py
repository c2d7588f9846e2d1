"""Measure streaming with many replies at once: processor time a token, memory, and the lateness of the text.

    uv run python -m benchmarks.streams [STREAMS ...]

Everything is real but the model, a scripted server that counts at 50 tokens a second: Postgres, Valkey, one worker,
one web process, a WebSocket for each reply. Processor time is that of worker, web, Valkey and Postgres; the model and
the sockets' readers are other processes and not counted. Lateness compares each token with its stream's pace.
"""

import asyncio
import re
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import psutil
from websockets.asyncio.client import connect

from benchmarks.stack import Stack, processor_seconds, sign_in  # sets Django up

# isort: split
from apps.chat.services.messages.send import start_conversation
from apps.generation.models import Generation

TOKENS = 200
PER_SECOND = 50
QUESTION = f"count to {TOKENS} at {PER_SECOND} per second"
REPLY = " ".join(str(number) for number in range(1, TOKENS + 1))
NEW_TEXT = re.compile(r'-(?:tail|open)" hx-swap="[^"]*">(.*?)</hx-partial>', re.DOTALL)
TAG = re.compile(r"<[^>]*>")


@dataclass
class Viewer:
    """One socket: the time of each number's first appearance, and whether the end came."""

    seen: dict[int, float] = field(default_factory=dict)
    ended: bool = False

    def take(self, frame: str) -> None:
        now = time.perf_counter()
        for text in NEW_TEXT.findall(frame):
            for number in re.findall(r"\d+", TAG.sub("", text)):
                self.seen.setdefault(int(number), now)
        self.ended = self.ended or 'data-role="assistant" data-state="succeeded"' in frame

    def lateness(self) -> list[float]:
        """Return by how many seconds each token came later than the stream's own pace."""
        starts = [at - number / PER_SECOND for number, at in self.seen.items()]
        earliest = min(starts, default=0.0)
        return [start - earliest for start in starts]


def memory(processes: dict[str, list[psutil.Process]]) -> dict[str, float]:
    """Return the proportional set size in MB, by program."""
    return {
        name: sum(process.memory_full_info().pss for process in family if process.is_running()) / 1e6
        for name, family in processes.items()
    }


async def view(url: str, cookie: str, origin: str, viewer: Viewer) -> None:
    headers = {"Cookie": cookie, "Origin": origin}
    async with connect(url, additional_headers=headers, compression=None, max_size=None) as frames:
        async for frame in frames:
            viewer.take(str(frame))
            if viewer.ended:
                return


async def stream(port: int, streams: int) -> tuple[list[Viewer], list[UUID | None]]:
    """Start that many ``streams``, one viewer each, and read them to their ends."""
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


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [16, 100, 200])
