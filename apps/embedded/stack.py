"""The one-command stack: its programs, the order in which they start, and the order in which they stop."""

import asyncio
import http.client
import json
import signal
from collections.abc import Callable
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings

from apps.embedded import programs
from apps.embedded.engines import postgres, valkey
from apps.embedded.engines.model_server import model_file, model_name
from apps.embedded.errors import StartError
from apps.embedded.folders import make_folders
from apps.embedded.given import check_given_services, is_given
from apps.embedded.layout import Layout
from apps.embedded.ports import HOST, is_free, kept_port
from apps.embedded.preparation import Preparation, preparation
from apps.embedded.supervision.instance import launcher, only_instance
from apps.embedded.supervision.leftovers import end_leftovers
from apps.embedded.supervision.records import read_records
from apps.embedded.supervision.supervisor import Supervisor

# Stop order: first requests, then the work, then the stores that both need.
STOP_STAGES = (("web", "worker", "beat"), ("model-server",), ("valkey", "postgres"))
PORTS = range(1, 65536)
LAUNCHER_POLL_SECONDS = 0.5


def run_stack(layout: Layout, address: str, port: int, say: Callable[[str], None]) -> None:
    """Run until a signal, or until the launcher dies. Raises ``StartError`` if the stack cannot start."""
    _check_address(address)
    if port not in PORTS:
        raise StartError(f"PORT must be a whole number from 1 to 65535, not {port}.")
    make_folders(layout)
    model_file()
    with only_instance(layout):
        ended = end_leftovers(read_records(layout.supervisor_state))
        if ended:
            say(f"ended what an earlier run left behind: {', '.join(ended)}")
        if not is_free(port, address):
            raise StartError(f"Port {port} is in use. Stop what listens there, or set PORT to another one.")
        check_given_services()
        # Not asyncio.run: it would wait for threads that wait for a dead server.
        asyncio.new_event_loop().run_until_complete(Stack(layout, address, port, say).run())


def _check_address(address: str) -> None:
    try:
        ip_address(address)
    except ValueError:
        raise StartError(f"LISTEN_ADDRESS must be an IP address such as 0.0.0.0, not {address!r}.") from None


class Stack:
    """One run of the stack."""

    def __init__(self, layout: Layout, address: str, port: int, say: Callable[[str], None]) -> None:
        self.layout = layout
        self.address = address
        self.port = port
        self.say = say
        self.supervisor = Supervisor(layout, say)
        self.leave = asyncio.Event()

    async def run(self) -> None:
        """Start every program, wait for the end, stop every program."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.leave.set)
        watching = asyncio.create_task(self._leave_with_launcher())
        leaving = asyncio.create_task(self.leave.wait())
        starting = asyncio.create_task(self._start())
        try:
            await asyncio.wait({starting, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
            await leaving
        finally:
            starting.cancel()
            watching.cancel()
            await asyncio.wait({starting})
            self.say("stopping")
            await self.supervisor.stop(STOP_STAGES)
            self.say("stopped")

    async def _start(self) -> None:
        try:
            await self._start_programs()
        except* StartError as errors:
            reasons = list(errors.exceptions)
        else:
            return
        raise StartError("; ".join(str(reason) for reason in reasons))

    async def _start_programs(self) -> None:
        model_port = kept_port(self.layout.model_port)
        model = {"model_url": f"http://{HOST}:{model_port}", "model_name": model_name(model_file())}
        async with preparation(self.layout, **model) as child, asyncio.TaskGroup() as tasks:
            tasks.create_task(self._start_model_server(model_port))
            tasks.create_task(self._start_valkey())
            link = await self._start_database(child)
            await self.supervisor.start(programs.worker())
            await self.supervisor.start(programs.beat(self.layout))
            await self.supervisor.start(programs.web(self.port, self.address))
            await self._wait_until_ready()
        if link:
            self.say(f"sign in once as admin: {link}")
        if ip_address(self.address).is_loopback and not is_given("PUBLIC_URL"):
            others = f"LISTEN_ADDRESS=0.0.0.0 PUBLIC_URL=http://NAME:{self.port} make run"
            self.say(f"only this machine reaches it; to open it to others, with this machine's name: {others}")
        self.say(f"ready at {settings.PUBLIC_URL} (Ctrl-C stops it)")

    async def _start_model_server(self, port: int) -> None:
        await self.supervisor.start(programs.model_server(port))

    async def _start_valkey(self) -> None:
        if is_given("REDIS_URL"):
            return
        await self.supervisor.start(valkey.program(self.layout))
        await self.supervisor.wait_until("valkey", lambda: valkey.answers(self.layout))

    async def _start_database(self, child: Preparation) -> str | None:
        """Start and fill the database; return the first sign-in link until somebody has used it."""
        if not is_given("DATABASE_URL"):
            await asyncio.to_thread(postgres.prepare, self.layout)
            if not postgres.is_initialised(self.layout):
                await self.supervisor.run_to_end(postgres.initialisation(self.layout))
                postgres.finish_initialisation(self.layout)
            await self.supervisor.start(postgres.program(self.layout))
            await self.supervisor.wait_until("postgres", lambda: postgres.answers(self.layout))
            await asyncio.to_thread(postgres.create_database, self.layout)
        return await child.fill_database()

    async def _wait_until_ready(self) -> None:
        answer = ReadyAnswer(self.address, self.port)
        try:
            await self.supervisor.wait_until("web", answer.is_ready, seconds=60, every=0.2)
        except StartError as error:
            raise StartError(f"{error} It says: {answer.reason}") from None

    async def _leave_with_launcher(self) -> None:
        started_by = launcher()
        # No event reports the death of a process that is not our child.
        while started_by is None or started_by.find() is not None:  # noqa: ASYNC110
            await asyncio.sleep(LAUNCHER_POLL_SECONDS)
        self.leave.set()


class ReadyAnswer:
    """The answer of ``/readyz/worker``; ``reason`` keeps the latest refusal."""

    def __init__(self, address: str, port: int) -> None:
        self.address = HOST if ip_address(address).is_unspecified else address
        self.port = port
        self.reason = "nothing"

    def is_ready(self) -> bool:
        """Ask the web server once; return whether the stack is ready."""
        connection = http.client.HTTPConnection(self.address, self.port, timeout=10)
        try:
            # Send the public name: ALLOWED_HOSTS may lack this address.
            connection.request("GET", "/readyz/worker", headers={"Host": urlsplit(settings.PUBLIC_URL).netloc})
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        self.reason = json.dumps(body.decode(errors="replace"))
        return response.status == HTTPStatus.OK
