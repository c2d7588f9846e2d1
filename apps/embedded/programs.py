"""The stack's Python programs: worker, clock, web server and local model server."""

import sys

from apps.embedded.layout import Layout
from apps.embedded.model_server import model_file
from apps.embedded.ports import HOST
from apps.embedded.program import Program

CELERY = (sys.executable, "-m", "celery", "--app", "project")


def worker() -> Program:
    """One Celery worker."""
    # Workers need not know each other here, and asking around takes a second at every start.
    quiet = ("--without-mingle", "--without-gossip", "--without-heartbeat")
    return Program(name="worker", argv=(*CELERY, "worker", "--loglevel", "INFO", *quiet))


def beat(layout: Layout) -> Program:
    """The clock of the periodic jobs, of which a stack has exactly one.

    Not the worker's ``--beat``: when that child dies, Celery does not start it again, and nothing is reaped or probed.
    """
    schedule = ("--schedule", str(layout.beat_schedule), "--pidfile", "")
    return Program(name="beat", argv=(*CELERY, "beat", "--loglevel", "WARNING", *schedule))


def web(port: int) -> Program:
    """The ASGI server on the loopback interface."""
    options = {
        "host": HOST,
        "port": str(port),
        "lifespan": "off",
        "loop": "uvloop",
        # In place of uvicorn's own, which wait for a slow reader without end.
        "http": "project.slow_readers:HttpProtocol",
        "ws": "project.slow_readers:SocketProtocol",
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
    return Program(name="web", argv=(*command, "--no-access-log", "--no-server-header"))


def model_server(port: int) -> Program:
    """llama.cpp with the local model. Raises ``StartError`` where ``MODEL_FILE`` names none."""
    return Program(
        name="model-server",
        argv=(sys.executable, "-m", "apps.embedded.model_server", "--port", str(port)),
        environment={"MODEL_FILE": str(model_file())},
    )
