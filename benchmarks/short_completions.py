"""Measure what the API adds to an editor's short completions: beside the model server asked directly.

    uv run python -m benchmarks.short_completions [COUNT]

A whole stack as ``make run`` starts it, and a scripted server that writes eight tokens at once. ``COUNT`` completions
are streamed one after the other, then as many at once, to the model server and through the API by turns.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import aiohttp

from apps.embedded.ports import free_port
from tests.faults.soak import open_http
from tests.faults.stack import Stack
from tests.faults.storm import VARIABLES, Site, model_server

TOKENS = 8
BODY = {"model": "code-llama-instruct", "prompt": f"count to {TOKENS}\n", "max_tokens": 64, "stream": True}
WARM_UP = 10


async def seconds_of(http: aiohttp.ClientSession, address: str, key: str = "") -> float:
    """Ask for one completion and read it to its end."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    began = time.monotonic()
    async with http.post(f"{address}/v1/completions", json=BODY, headers=headers) as answer:
        if f" {TOKENS}" not in (text := await answer.text()):
            raise RuntimeError(text)
    return time.monotonic() - began


async def measure(site: Site, count: int) -> None:
    async with open_http() as http:
        direct, through = (site.model, ""), (site.stack.site, site.key)
        for _ in range(WARM_UP):
            await seconds_of(http, *through)
        alone = [[await seconds_of(http, *asked) for asked in (direct, through)] for _ in range(count)]
        report("one after the other", *zip(*alone, strict=True))
        at_once = [
            await asyncio.gather(*(seconds_of(http, *asked) for _ in range(count))) for asked in (direct, through)
        ]
        report(f"{count} at once", *at_once)


def report(what: str, direct: Sequence[float], through: Sequence[float]) -> None:
    middle, middle_through = (1000 * statistics.median(seconds) for seconds in (direct, through))
    slowest = " and ".join(f"{1000 * max(seconds):.0f}" for seconds in (direct, through))
    print(
        f"{what}: direct {middle:.1f} ms, through the API {middle_through:.1f} ms, "
        f"added {middle_through - middle:.1f} ms (medians); slowest {slowest} ms"
    )


def main(count: int) -> None:
    with tempfile.TemporaryDirectory(prefix="workbench-bench-") as folder, model_server() as model:
        Path(folder).chmod(0o755)  # Postgres runs as another user
        stack = Stack(Path(folder) / "data", free_port(), dict(VARIABLES))
        try:
            stack.start_and_wait()
            site = Site(stack, model)
            site.prepare()
            asyncio.run(measure(site, count))
        finally:
            stack.end()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
