"""Generations that end while a migration begins to count them are counted once."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Sum
from psycopg import Connection, connect
from psycopg.errors import LockNotAvailable

from apps.accounts.models import User
from apps.generation.models import Generation, State
from apps.usage.models import GenerationTotal, UsageDay

pytestmark = pytest.mark.django_db(transaction=True)

END = """
    UPDATE generation_generation SET state = 'cancelled', ended_at = now(), completion_tokens = 5, attempt = 1
    WHERE id = %s
"""


def migrate_to(name: str) -> None:
    MigrationExecutor(connection).migrate([("usage", name)])


@pytest.fixture
def newest() -> Iterator[str]:
    """The newest migration; the tables are as it leaves them when the test is over."""
    ((_, name),) = MigrationExecutor(connection).loader.graph.leaf_nodes("usage")
    yield name
    migrate_to(name)


@pytest.fixture
def elsewhere() -> Iterator[Connection]:
    """A connection of another process, which waits a moment for locks."""
    own = connection.get_connection_params()
    address = {name: own[name] for name in ("host", "port", "user", "password", "dbname") if name in own}
    with connect(**address, autocommit=True, options="-c lock_timeout=50") as other:
        yield other


def test_generations_that_end_meanwhile_are_counted(alice: User, newest: str, elsewhere: Connection) -> None:
    # Without tickets, and of a variant that no worker of another test looks for.
    to_end = [Generation.objects.create(owner=alice, variant="base", messages=[]).pk for _ in range(40)]
    elsewhere.execute(END, [to_end.pop()])
    migrate_to("0001_initial")
    committed, blocked = [], []

    def ending(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
        """Before each statement of the migrations, end one from elsewhere."""
        pk = to_end.pop()
        try:
            elsewhere.execute(END, [pk])
            committed.append(pk)
        except LockNotAvailable:
            blocked.append(pk)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(ending):
        migrate_to(newest)
    for pk in blocked:
        elsewhere.execute(END, [pk])
    assert len(committed) > 2, "they ended while the migrations ran"
    assert len(blocked) >= 2, "the migrations held them up while they counted"
    ended = Generation.objects.filter(state=State.CANCELLED).count()
    assert ended == 1 + len(committed) + len(blocked)
    for counted in (UsageDay.objects.all(), GenerationTotal.objects.all()):
        sums = counted.aggregate(number=Sum("generations"), tokens=Sum("completion_tokens"))
        assert sums == {"number": ended, "tokens": 5 * ended}
