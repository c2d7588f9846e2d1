"""Start the stack's programs, restart those that die, and stop them all."""

import asyncio
import contextlib
import signal
import time
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from apps.embedded.errors import StartError
from apps.embedded.layout import Layout
from apps.embedded.program import PROJECT_FOLDER, Program
from apps.embedded.supervision.backoff import BackOff
from apps.embedded.supervision.leftovers import kill_group
from apps.embedded.supervision.records import Record, write_records

LARGEST_LOG = 10 * 1024 * 1024

type Say = Callable[[str], None]


@dataclass(slots=True)
class Child:
    """A program and its current process."""

    program: Program
    process: Process
    record: Record
    started: float
    back_off: BackOff = field(default_factory=BackOff)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    watch: asyncio.Task[None] | None = None


class Supervisor:
    """Keep programs running. Run it in the main thread's event loop: Linux ends children with their thread."""

    def __init__(self, layout: Layout, say: Say) -> None:
        self.layout = layout
        self.say = say
        self.children: dict[str, Child] = {}

    async def start(self, program: Program) -> None:
        """Start ``program`` and keep it running until it is stopped."""
        process = await self._spawn(program)
        record = Record.of(program.name, process.pid, int(program.stop_signal))
        child = Child(program, process, record, time.monotonic())
        self.children[program.name] = child
        self._write_records()
        child.watch = asyncio.create_task(self._keep_running(child))

    async def run_to_end(self, program: Program) -> None:
        """Run ``program`` once; cancelling this call ends the program. Raises ``StartError`` if it fails."""
        process = await self._spawn(program)
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            kill_group(process.pid)
            await process.wait()
            raise
        if code != 0:
            raise StartError(f"{program.name} failed ({describe_exit(code)}); {self._log(program.name)} may say why.")

    async def wait_until(
        self, name: str, answers: Callable[[], bool], *, seconds: float = 30.0, every: float = 0.05
    ) -> None:
        """Poll ``answers`` in a thread. Raises ``StartError`` naming the log if it stays false too long."""
        give_up = time.monotonic() + seconds
        while not await asyncio.to_thread(answers):
            if time.monotonic() > give_up:
                raise StartError(f"{name} does not answer after {seconds:.0f} s; {self._log(name)} may say why.")
            await asyncio.sleep(every)

    async def stop(self, stages: Iterable[Sequence[str]]) -> None:
        """Stop the named programs, one stage after the other."""
        for stage in stages:
            stopping = [self._stop(self.children[name]) for name in stage if name in self.children]
            await asyncio.gather(*stopping)
        self._write_records()

    async def _spawn(self, program: Program) -> Process:
        with self._rotated_log(program.name).open("ab") as output:
            return await asyncio.create_subprocess_exec(
                *program.tethered_argv,
                cwd=PROJECT_FOLDER,
                env={**program.full_environment, "DATA_DIR": str(self.layout.data_dir)},
                stdin=DEVNULL,
                stdout=output,
                stderr=STDOUT,
                start_new_session=True,
            )

    async def _keep_running(self, child: Child) -> None:
        """Restart the program whenever it ends, until it is stopped."""
        name = child.program.name
        while True:
            code = await child.process.wait()
            # Its children must not outlive it, or there would soon be two of each.
            kill_group(child.process.pid)
            delay = child.back_off.next_delay(ran_seconds=time.monotonic() - child.started)
            if not child.stopping.is_set():
                self.say(f"{name} died ({describe_exit(code)}), see {self._log(name)}; next start in {delay:g} s")
            await _at_most(delay, child.stopping.wait())
            if child.stopping.is_set():
                return
            await self._start_again(child)

    async def _start_again(self, child: Child) -> None:
        name = child.program.name
        try:
            child.process = await self._spawn(child.program)
        except OSError as error:
            self.say(f"{name} cannot be started: {error.strerror}")
            return
        child.started = time.monotonic()
        child.record = Record.of(name, child.process.pid, int(child.program.stop_signal))
        self._write_records()
        self.say(f"{name} runs again (process {child.process.pid})")
        if child.stopping.is_set():
            kill_group(child.process.pid)

    async def _stop(self, child: Child) -> None:
        child.stopping.set()
        if child.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.process.send_signal(child.program.stop_signal)
            await _at_most(child.program.stop_seconds, child.process.wait())
        if child.process.returncode is None:
            self.say(f"{child.program.name} did not stop within {child.program.stop_seconds:g} s and is killed")
            kill_group(child.process.pid)
        if child.watch is not None:
            await child.watch
        del self.children[child.program.name]

    def _log(self, name: str) -> str:
        return str(self.layout.logs / f"{name}.log")

    def _rotated_log(self, name: str) -> Path:
        log = self.layout.logs / f"{name}.log"
        with contextlib.suppress(FileNotFoundError):
            if log.stat().st_size > LARGEST_LOG:
                log.replace(log.with_suffix(".log.1"))
        return log

    def _write_records(self) -> None:
        write_records(self.layout.supervisor_state, [child.record for child in self.children.values()])


async def _at_most(seconds: float, awaitable: Awaitable[object]) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(awaitable, seconds)


def describe_exit(code: int) -> str:
    """Describe an exit code in words."""
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
