"""A child of the supervisor that collects the static files and fills the database."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from apps.embedded.errors import StartError
from apps.embedded.layout import Layout
from apps.embedded.program import PROJECT_FOLDER, Program
from apps.embedded.supervision.leftovers import kill_group


class Preparation:
    """The child process: it collects the static files while the database starts, then waits."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def fill_database(self) -> str | None:
        """Have the child fill the database; return the first sign-in link until somebody has used it."""
        written, _ = await self._process.communicate(b"\n")
        answer = written.decode().strip()
        if self._process.returncode != 0:
            raise StartError(f"The database cannot be filled: {answer or 'the reason stands above'}")
        return answer or None


@asynccontextmanager
async def preparation(layout: Layout, *, model_url: str, model_name: str) -> AsyncGenerator[Preparation]:
    """Start the child, and end it even if the stack's start fails. Its standard error goes to the console."""
    told = ("--model-url", model_url, "--model-name", model_name)
    program = Program("prepare", (sys.executable, str(PROJECT_FOLDER / "manage.py"), "prepare", *told))
    process = await asyncio.create_subprocess_exec(
        *program.tethered_argv,
        cwd=PROJECT_FOLDER,
        env={**program.full_environment, "DATA_DIR": str(layout.data_dir)},
        stdin=PIPE,
        stdout=PIPE,
        start_new_session=True,
    )
    try:
        yield Preparation(process)
    finally:
        if process.returncode is None:
            kill_group(process.pid)
            await process.wait()
