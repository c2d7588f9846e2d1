"""The pool of Postgres connections, tuned so that a restart of Postgres costs only the restart.

Measured with the pool's defaults when Postgres was killed: dead connections were handed out one after the other, each
failing a request, and new ones were tried after 1, 2, 4, 8 … seconds.
"""

import select
from typing import Any

import psycopg
from django.db import connections
from psycopg_pool import ConnectionPool

CLIENT_TIMEOUT = 10.0  # seconds that a request waits for a connection
CONNECT_TIMEOUT = 5  # seconds for one attempt; libpq's own limit is minutes
RETRY_SECONDS = 0.25


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
        # what killed this one killed the others too
        connections["default"].pool.drain()  # type: ignore[attr-defined]  # Django's Postgres backend has one
        raise


def _has_something_to_say(connection: psycopg.Connection[Any]) -> bool:
    """Return whether there is something to read: an idle live connection is silent."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
