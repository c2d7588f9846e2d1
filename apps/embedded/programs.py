"""The stack's Python programs: worker, beat, web server, local model server."""

import sys

from apps.embedded.engines.model_server import model_file
from apps.embedded.layout import Layout
from apps.embedded.ports import HOST
from apps.embedded.program import Program

CELERY = (sys.executable, "-m", "celery", "--quiet", "--app", "project")


def worker() -> Program:
    """Return the Celery worker."""
    # The only worker here: gossip and mingle would cost a second at every start.
    quiet = ("--without-mingle", "--without-gossip", "--without-heartbeat")
    return Program(name="worker", argv=(*CELERY, "worker", "--loglevel", "INFO", *quiet))


def beat(layout: Layout) -> Program:
    """Return Celery's beat, which sends the periodic tasks. A stack has exactly one.

    It is not the worker's ``--beat``: Celery does not restart that child, and reaping and probing would end with it.
    """
    return Program(name="beat", argv=(sys.executable, "-m", "project.beat", "--schedule", str(layout.beat_schedule)))


def web(port: int, address: str = HOST) -> Program:
    """Return the ASGI server."""
    options = {
        "host": address,
        "port": str(port),
        "lifespan": "off",
        "loop": "uvloop",
        # These replace uvicorn's protocols, which wait for a slow reader forever.
        "http": "project.slow_readers:HttpProtocol",
        "ws": "project.slow_readers:SocketProtocol",
        "log-level": "warning",
        # Frames are small and many: compressing them costs more than sending them.
        "ws-per-message-deflate": "false",
        # A browser sends only the id of a conversation over a socket.
        "ws-max-size": "65536",
        # Longer than proxies keep idle connections (nginx 75 s, Caddy 120 s): else a request could meet a closing one.
        "timeout-keep-alive": "150",
        # Seconds for requests to finish; sockets are told to reconnect.
        "timeout-graceful-shutdown": "2",
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    command = (sys.executable, "-m", "uvicorn", "project.asgi:application", *words)
    return Program(name="web", argv=(*command, "--no-access-log", "--no-server-header"))


def model_server(port: int) -> Program:
    """Return llama.cpp with the local model. Raises ``StartError`` if ``MODEL_FILE`` names no file."""
    return Program(
        name="model-server",
        argv=(sys.executable, "-m", "apps.embedded.engines.model_server", "--port", str(port)),
        environment={"MODEL_FILE": str(model_file())},
    )
