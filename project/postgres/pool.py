"""The pool of Postgres connections, tuned so that a restart of Postgres costs only the restart.

Measured with the pool's defaults when Postgres was killed: dead connections were handed out one after the other, each
failing a request, and new ones were tried after 1, 2, 4, 8 … seconds.
"""

import logging
import select
from threading import Lock
from typing import Any, override

import psycopg
from django.db import connections
from psycopg_pool import ConnectionPool

CLIENT_TIMEOUT = 10.0  # seconds that a request waits for a connection
CONNECT_TIMEOUT = 5  # seconds for one attempt; libpq's own limit is minutes
RETRY_SECONDS = 0.25


class OneLineAnOutage(logging.Filter):
    """Keep one log line when Postgres goes away and one when it is back; the pool warns at each attempt.

    Other warnings pass. The pool's logger must have the level ``INFO``, at which it reports a new connection.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = Lock()
        self._is_away = False

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        failed, connected = text.startswith("error connecting in"), text.startswith("adding new connection")
        if not failed and not connected:
            return record.levelno >= logging.WARNING and not text.startswith("reconnection attempt in pool")
        with self._lock:
            has_changed, self._is_away = self._is_away != failed, failed
        reason = text.partition(": ")[2].partition("\n")[0]
        record.msg, record.args = (f"Postgres does not answer: {reason}" if failed else "Postgres answers again"), ()
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        return has_changed


def pool_options(size: int) -> dict[str, Any]:
    """Return Django's ``OPTIONS["pool"]`` for at most ``size`` connections."""
    return {
        "min_size": 1,
        "max_size": size,
        "timeout": CLIENT_TIMEOUT,
        "check": check,
        # Give up and start again at once, so that the pause between attempts does not grow.
        "reconnect_timeout": RETRY_SECONDS,
        "reconnect_failed": ConnectionPool.check,
    }


def check(connection: psycopg.Connection[Any]) -> None:
    """Raise if ``connection`` has died in the pool. Costs no round trip for a live one."""
    if not _has_something_to_say(connection):
        return
    try:
        ConnectionPool.check_connection(connection)
    except psycopg.Error:
        # a restart of Postgres kills all connections at once, so drop the others too
        connections["default"].pool.drain()  # type: ignore[attr-defined]  # Django's Postgres backend has one
        raise


def _has_something_to_say(connection: psycopg.Connection[Any]) -> bool:
    """Return whether the socket has data to read: an idle live connection has none."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
