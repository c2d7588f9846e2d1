"""A stack to measure: Postgres, Valkey, a web process, a worker and a scripted model, in a temporary folder.

Importing this module sets Django up; whatever imports models comes after it.
"""

import os
import shutil
import socket
import sys
import tempfile

DATA_DIR = tempfile.mkdtemp(prefix="workbench-bench-")
os.environ["DATA_DIR"] = DATA_DIR
os.environ["GENERATIONS_PER_PERSON"] = "10000"  # one person starts all replies here
os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"

import django

django.setup()

import psutil
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command

from apps.accounts.models import User
from apps.embedded import programs
from apps.embedded.layout import Layout
from apps.embedded.ports import free_port
from apps.embedded.program import Program
from apps.endpoints.services import add_endpoint
from apps.generation.worker_identity import WORKERS_KEY
from apps.stores.redis import sync_client
from tests.support.services import Running, Services, run

START_SECONDS = 180.0  # generous, because the machine may be busy


class Stack:
    """The processes under measurement."""

    def __init__(self) -> None:
        self.layout = Layout(settings.DATA_DIR)
        self.services = Services(self.layout)
        self.services.start()
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        self.model = self._run(Program("model", (sys.executable, "-m", "tests.support.scripted_server", "--port", "0")))
        self.model.wait_until(lambda: "http://" in self.model.log.read_text())
        self.port = free_port()  # after the model server, which takes any free port
        self.worker = self._run(programs.worker())
        self.web = self._run(programs.web(self.port))
        self.worker.wait_until(lambda: bool(sync_client().zcard(WORKERS_KEY)), seconds=START_SECONDS)
        self.web.wait_until(self._web_listens, seconds=START_SECONDS)
        url = self.model.log.read_text().split()[0]
        add_endpoint(name="counting", url=url, protocol="openai", variant="instruct", max_concurrency=10_000)

    @property
    def site(self) -> str:
        return f"http://127.0.0.1:{self.port}"

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
        shutil.rmtree(DATA_DIR, ignore_errors=True)


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def processor_seconds(processes: dict[str, list[psutil.Process]]) -> dict[str, float]:
    """Return the user and system CPU time so far, by program."""
    return {
        name: sum(sum(process.cpu_times()[:2]) for process in family if process.is_running())
        for name, family in processes.items()
    }


def sign_in(username: str = "bench") -> tuple[User, str]:
    user, _ = User.objects.get_or_create(username=username)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return user, f"{settings.SESSION_COOKIE_NAME}={session.session_key}"
