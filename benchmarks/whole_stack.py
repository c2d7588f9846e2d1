"""Measure the stack as ``make run`` starts it: start, idle memory, stop and recovery.

    uv run python -m benchmarks.whole_stack [--streams 16]

The second start is timed until the console says that it is ready, with the CPU-seconds of all programs until then.
Memory is the proportional set size ten seconds later, without the model server. Recovery is the longest pause that
viewers saw after a program was killed, at 20 tokens a second.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

import psutil

from apps.embedded.ports import free_port
from apps.embedded.supervision.records import read_records
from benchmarks.stop import measure as measure_stop
from tests.faults.soak import open_http
from tests.faults.stack import Stack
from tests.faults.storm import VARIABLES, Site, Storm, model_server

SETTLED_SECONDS = 10.0
KILLED = ("web", "worker", "valkey", "postgres")


def processes(stack: Stack) -> dict[str, list[psutil.Process]]:
    """Return the processes of every program, with the supervisor's own."""
    own = psutil.Process(stack.processes[-1].pid)
    found = {"supervisor": [own]}
    for record in read_records(stack.layout.supervisor_state):
        program = psutil.Process(record.pid)
        found[record.name] = [program, *program.children(recursive=True)]
    return found


def measure_start(stack: Stack) -> dict[str, float]:
    """Start twice; return the figures of the second start."""
    stack.start_and_wait()
    stack.processes[-1].terminate()
    stack.processes[-1].wait()
    began = time.monotonic()
    stack.start_and_wait()
    found = {"second start to ready, s": time.monotonic() - began}
    families = processes(stack)
    times = [sum(process.cpu_times()[:2]) for family in families.values() for process in family]
    found["second start to ready, CPU-s"] = sum(times)
    time.sleep(SETTLED_SECONDS)
    for name, family in processes(stack).items():
        if name != "model-server":
            found[f"idle memory of {name}, MB"] = sum(process.memory_full_info().pss for process in family) / 1e6
    found["idle memory without the model server, MB"] = sum(
        figure for name, figure in found.items() if name.startswith("idle memory of")
    )
    return found


async def measure_recovery(site: Site, streams: int) -> dict[str, float]:
    """Kill one program after the other under running replies."""
    found = {}
    async with open_http() as http:
        await site.sign_in(http)
        storm = Storm(site, http)
        storm.begin(streams, length=2_000, per_second=20, more="and hold at 1995")
        await storm.until_under_way()
        for name in KILLED:
            fault = storm.kill(name)
            await storm.until(storm.has_recovered)
            await asyncio.sleep(3.0)
            silences = fault.silences()
            found[f"{name} killed: pause at the median viewer, s"] = statistics.median(silences)
            found[f"{name} killed: longest pause, s"] = max(silences)
        for viewer in storm.viewers:
            await viewer.stop()
        storm.end()
    return found


def measure(streams: int) -> dict[str, float]:
    """Return all figures by their names."""
    with tempfile.TemporaryDirectory(prefix="workbench-bench-") as folder, model_server() as model:
        Path(folder).chmod(0o755)  # Postgres runs as another user
        stack = Stack(Path(folder) / "data", free_port(), dict(VARIABLES))
        try:
            found = measure_start(stack)
            site = Site(stack, model)
            site.prepare()
            found |= asyncio.run(measure_stop(site, streams))
            return found | asyncio.run(measure_recovery(site, streams))
        finally:
            stack.end()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--streams", type=int, default=16)
    for name, figure in measure(parser.parse_args().streams).items():
        print(f"{name:>60}: {figure:,.2f}")


if __name__ == "__main__":
    main()
