"""Race two actions on two connections without luck: the second waits in Postgres for the first."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.db import connection, transaction

PATIENCE = 60.0  # seconds
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def second_of_two[T](first: Callable[[], object], second: Callable[[], T]) -> T:
    """Do ``first`` without committing it, have ``second`` run into it in a thread, commit; return what it returned.

    The test must have no transaction of its own. Fails if ``second`` ends without waiting: then there was no race.
    """

    def run() -> T:
        try:
            return second()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            first()
            waiting = threads.submit(run)
            _wait_for_the_lock(waiting)
        return waiting.result(PATIENCE)


def _wait_for_the_lock(waiting: Future[Any]) -> None:
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        with connection.cursor() as cursor:
            cursor.execute(WAITING)
            if cursor.fetchone() != (0,):
                return
        if waiting.done():
            waiting.result()
            raise AssertionError("the second met nobody")
        time.sleep(0.02)
    raise AssertionError("the second does not wait")
