"""Measure a page of the guide for a reader who is not signed in: queries, milliseconds, processor time and bytes.

    uv run python -m benchmarks.guide_pages [REQUESTS]

The first view after the guide has changed, those that follow, and the answer to somebody who has the page already, over
HTTP on one connection that is kept open: the median of 50 requests, and the processor time of the web process for each,
which does not depend on what else the machine is doing. Queries are counted in this process.
"""

import os
import statistics
import sys
import time
from dataclasses import dataclass
from http.client import HTTPConnection

os.environ.setdefault("LOG_LEVEL", "WARNING")  # or the log lines of this process would stand between the figures

from benchmarks.stack import Stack, processor_seconds  # sets Django up

# isort: split

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.guide.models import Edition
from apps.guide.navigation import all_entries
from apps.guide.services.load import load_guide

ANSWERS = (
    "/guide/choose/?task=chat&language=python&context=16384",
    "/guide/compare/?pick=7b-base&pick=13b-instruct&pick=34b-python&pick=70b-instruct",
    "/guide/search/?q=fill+in+the+middle",
)
GZIP = {"Accept-Encoding": "gzip"}
TIMES = f"{'first':>6} {'then':>6} {'304':>6}"
HEAD = (
    f"{'':32} {'queries':>10}   {'milliseconds':>20}   {'processor ms':>20}   {'bytes':>16}",
    f"{'page':32} {'first':>5} {'then':>4}   {TIMES}   {TIMES}   {'html':>8} {'sent':>7}",
)


@dataclass
class Answer:
    """A response, and the time it took."""

    seconds: float
    status: int
    etag: str
    size: int


class Reader:
    """A client that keeps its connection open, and reads the CPU time of the web process."""

    def __init__(self, stack: Stack) -> None:
        self.connection = HTTPConnection("127.0.0.1", stack.port)
        self.web = {"web": stack.processes()["web"]}

    def ask(self, path: str, headers: dict[str, str]) -> Answer:
        began = time.perf_counter()
        self.connection.request("GET", path, headers=headers)
        response = self.connection.getresponse()
        body = response.read()
        return Answer(time.perf_counter() - began, response.status, response.headers.get("ETag", ""), len(body))

    def time(self, path: str, headers: dict[str, str], times: int, *, anew: bool = False) -> tuple[float, float]:
        """Return the median milliseconds of a request, and the CPU milliseconds per request."""
        before, seconds = processor_seconds(self.web)["web"], []
        for _ in range(times):
            if anew:
                Edition.objects.renew()
            seconds.append(self.ask(path, headers).seconds)
        used = processor_seconds(self.web)["web"] - before
        return 1000 * statistics.median(seconds), 1000 * used / times


def count_queries(path: str) -> list[int]:
    """Return the number of queries of the first view, and of the second."""
    Edition.objects.renew()
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            Client().get(path, headers={"Host": "127.0.0.1"})
        counts.append(len(captured))
    return counts


def measure(reader: Reader, path: str, times: int) -> None:
    queries = count_queries(path)
    page, whole = reader.ask(path, GZIP), reader.ask(path, {})
    has_it = {**GZIP, "If-None-Match": page.etag}
    if (page.status, reader.ask(path, has_it).status) != (200, 304):
        raise SystemExit(f"{path} answered {page.status}")
    timed = [
        reader.time(path, GZIP, max(times // 5, 1), anew=True),
        reader.time(path, GZIP, times),
        reader.time(path, has_it, times),
    ]
    milliseconds = " ".join(f"{elapsed:6.1f}" for elapsed, _ in timed)
    processor = " ".join(f"{used:6.1f}" for _, used in timed)
    name = path.removeprefix("/guide")[:32]
    print(f"{name:32} {queries[0]:5} {queries[1]:4}   {milliseconds}   {processor}   {whole.size:8,} {page.size:7,}")


def main(times: int) -> None:
    stack = Stack()
    try:
        load_guide()
        reader = Reader(stack)
        print(*HEAD, sep="\n")
        for path in ("/", *(entry.url for entry in all_entries()), *ANSWERS):
            measure(reader, path, times)
    finally:
        stack.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
