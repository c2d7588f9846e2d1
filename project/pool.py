"""How connections to Postgres are kept, so that a restart of it costs nobody more than the restart itself.

The pool's own ways were measured when Postgres was killed: connections that had died with it were handed out one
after the other, each for a failed request, and new ones were tried for after 1, 2, 4, 8 … seconds.
"""

import select
from typing import Any

import psycopg
from django.db import connections
from psycopg_pool import ConnectionPool

CLIENT_TIMEOUT = 10.0  # seconds that a request waits for a connection
CONNECT_TIMEOUT = 5  # seconds for one try; libpq's own limit is minutes
RETRY_SECONDS = 0.25


def pool_options(size: int) -> dict[str, Any]:
    """Django's ``OPTIONS["pool"]`` for at most ``size`` connections."""
    return {
        "min_size": 1,
        "max_size": size,
        "timeout": CLIENT_TIMEOUT,
        "check": check,
        # Given up and begun anew at once: so the pause between two tries does not grow.
        "reconnect_timeout": RETRY_SECONDS,
        "reconnect_failed": ConnectionPool.check,
    }


def check(connection: psycopg.Connection[Any]) -> None:
    """Raise where ``connection`` has died while it lay in the pool. Costs no round trip while it lives."""
    if not _has_something_to_say(connection):
        return
    try:
        ConnectionPool.check_connection(connection)
    except psycopg.Error:
        # What killed it killed the others too.
        connections["default"].pool.drain()  # type: ignore[attr-defined]  # Django's Postgres backend has one
        raise


def _has_something_to_say(connection: psycopg.Connection[Any]) -> bool:
    """An idle connection is silent, but for its end."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
