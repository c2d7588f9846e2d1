"""Find free loopback ports, and keep a stack's ports."""

import contextlib
import random
import socket
from pathlib import Path

HOST = "127.0.0.1"

# Below the ports that Linux (32768 and up) and macOS (49152 and up) assign to clients: otherwise the
# connection of another program could take a port while its server starts or restarts.
PORTS = range(20_000, 32_000)


def is_free(port: int, address: str = HOST) -> bool:
    """Return whether a server could listen on ``port`` of ``address`` now."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        # Servers set this option too: without it, connections left by a stopped server look like a server.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            probe.bind((address, port))
            return True
    return False


def free_port() -> int:
    """Return a port that was free a moment ago and that the system assigns to no client."""
    return next(port for port in random.sample(PORTS, 500) if is_free(port))


def kept_port(file: Path) -> int:
    """Return the port noted in ``file``, or a new one if that is taken, so that addresses survive restarts."""
    with contextlib.suppress(OSError, ValueError, OverflowError):
        noted = int(file.read_text())
        if is_free(noted):
            return noted
    port = free_port()
    file.write_text(f"{port}\n")
    return port
