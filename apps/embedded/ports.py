"""Which loopback ports are free, and which one a stack keeps."""

import contextlib
import socket
from pathlib import Path

HOST = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a server could listen on ``port`` now."""
    with socket.socket() as probe:
        # Servers set it too: without it, connections that a stopped server left behind look like a server.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            probe.bind((HOST, port))
            return True
    return False


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def kept_port(file: Path) -> int:
    """The port noted in ``file``, so that addresses stay valid over restarts; a new one where that is taken."""
    with contextlib.suppress(OSError, ValueError, OverflowError):
        noted = int(file.read_text())
        if is_free(noted):
            return noted
    port = free_port()
    file.write_text(f"{port}\n")
    return port
