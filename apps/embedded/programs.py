"""The stack's Python programs: worker, web server and local model server."""

import sys

from apps.embedded.layout import Layout
from apps.embedded.model_server import model_file
from apps.embedded.ports import HOST
from apps.embedded.program import Program


def worker(layout: Layout, *, beat: bool = True) -> Program:
    """One Celery worker; with ``beat`` also the clock of the periodic jobs, of which a stack has exactly one."""
    schedule = ("--beat", "--schedule", str(layout.beat_schedule)) if beat else ()
    # Workers need not know each other here, and asking around takes a second at every start.
    quiet = ("--without-mingle", "--without-gossip", "--without-heartbeat")
    return Program(
        name="worker",
        argv=(sys.executable, "-m", "celery", "--app", "project", "worker", "--loglevel", "INFO", *quiet, *schedule),
        # A warm shutdown: the worker hands unfinished generations over before it goes.
        stop_seconds=6.0,
    )


def web(port: int) -> Program:
    """The ASGI server on the loopback interface."""
    options = {
        "host": HOST,
        "port": str(port),
        "lifespan": "off",
        "loop": "uvloop",
        "http": "httptools",
        "log-level": "warning",
        # Frames are small and many: compressing them costs more than sending them.
        "ws-per-message-deflate": "false",
        # What a browser sends over a socket is a few words: which conversation to follow.
        "ws-max-size": "65536",
        # Open sockets are told to come back; requests have this long to finish.
        "timeout-graceful-shutdown": "2",
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    command = (sys.executable, "-m", "uvicorn", "project.asgi:application", *words)
    return Program(name="web", argv=(*command, "--no-access-log", "--no-server-header"), stop_seconds=4.0)


def model_server(port: int) -> Program:
    """llama.cpp with the local model. Raises ``StartError`` where ``MODEL_FILE`` names none."""
    return Program(
        name="model-server",
        argv=(sys.executable, "-m", "apps.embedded.model_server", "--port", str(port)),
        environment={"MODEL_FILE": str(model_file())},
    )
