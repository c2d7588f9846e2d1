"""The stack under measurement with beat, a model that stamps its tokens, and counters of SQL and Redis."""

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil

from benchmarks.stack import Stack  # sets Django up

# isort: split
from django.db import connection

from apps.embedded import programs
from apps.embedded.program import Program
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.stores.redis import sync_client


class LivePathStack(Stack):
    """The stack with beat, and a model that stamps."""

    def __init__(self) -> None:
        super().__init__()
        self.stamping = self._run(Program("stamping", (sys.executable, "-m", "benchmarks.stamping_model")))
        self.stamping.wait_until(lambda: "http://" in self.stamping.log.read_text())
        self.model_url = self.stamping.log.read_text().split()[0]
        Endpoint.objects.all().delete()
        add_endpoint(name="stamping", url=self.model_url, protocol="openai", variant="instruct", max_concurrency=10_000)
        self.beat = self._run(programs.beat(self.layout))

    def processes(self) -> dict[str, Any]:
        found = super().processes()
        return {**found, "beat": [psutil.Process(self.beat.process.pid)]}

    def stop(self) -> None:
        self.beat.stop()
        self.stamping.stop()
        super().stop()


def redis_calls() -> int:
    """Return the number of commands that Redis has run, scripts' commands included."""
    stats: dict[str, Any] = sync_client().info("commandstats")  # type: ignore[assignment]
    return sum(entry["calls"] for entry in stats.values())


@contextmanager
def statements_logged(stack: Stack) -> Iterator[list[str]]:
    """Collect the SQL statements that other programs send during the ``with`` block."""
    log = next(server.log for server in stack.services.running if server.program.name == "postgres")
    found: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute("ALTER SYSTEM SET log_min_duration_statement = 0")
        cursor.execute("SELECT pg_reload_conf()")
    time.sleep(0.5)
    start = log.stat().st_size
    yield found
    with connection.cursor() as cursor:
        cursor.execute("ALTER SYSTEM RESET log_min_duration_statement")
        cursor.execute("SELECT pg_reload_conf()")
    with log.open(errors="replace") as lines:
        lines.seek(start)
        # psycopg sends parse, bind and execute for one statement: count only execute.
        found += re.findall(r"duration: [\d.]+ ms  (?:statement|execute [^:]*): (.*)", lines.read())
