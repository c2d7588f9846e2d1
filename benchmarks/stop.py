"""Measure Stop from outside: the time to its answer, and to the end of the model server's connection.

    uv run python -m benchmarks.stop [STREAMS ...]

A whole stack as ``make run`` starts it, and a scripted server that counts at 20 tokens a second. Every reply is stopped
through the API, one after the other, while the others go on. The upstream time ends when the model server sees its
peer leave; it runs on this machine and shares its clock.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from apps.embedded.ports import free_port
from tests.faults.soak import open_http
from tests.faults.stack import Stack
from tests.faults.storm import VARIABLES, Site, Storm, model_server


async def measure(site: Site, streams: int) -> dict[str, float]:
    """Stop ``streams`` replies one after the other and return milliseconds."""
    async with open_http() as http:
        await site.sign_in(http)
        storm = Storm(site, http)
        storm.begin(streams, length=900, per_second=20)
        await storm.until_under_way()
        pressed: dict[str, float] = {}
        answered = []
        for viewer in storm.viewers:
            began = pressed[viewer.asked] = time.monotonic()
            await viewer.stop()
            answered.append(time.monotonic() - began)
            await asyncio.sleep(0.1)
        await storm.until(lambda: not storm.waiting)
        await storm.until(lambda: not storm.open_upstream())
        closed = [storm.left_at(asked) - moment for asked, moment in pressed.items()]
        storm.end()
    found = {}
    for what, seconds in (("answered", answered), ("closed upstream", closed)):
        found[f"stop of {streams} streams {what}, median ms"] = 1000 * statistics.median(seconds)
        found[f"stop of {streams} streams {what}, worst ms"] = 1000 * max(seconds)
    return found


def main(counts: Sequence[int]) -> None:
    with tempfile.TemporaryDirectory(prefix="workbench-bench-") as folder, model_server() as model:
        Path(folder).chmod(0o755)  # Postgres runs as another user
        stack = Stack(Path(folder) / "data", free_port(), dict(VARIABLES))
        try:
            stack.start_and_wait()
            site = Site(stack, model)
            site.prepare()
            for streams in counts:
                for name, figure in asyncio.run(measure(site, streams)).items():
                    print(f"{name:>60}: {figure:.0f}")
        finally:
            stack.end()


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [16])
