"""A claim reads the front of a long queue, and takes the same generation as one that reads all of it."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.generation import queue
from apps.generation.log import store
from apps.generation.log.entries import QueuePosition
from apps.generation.models import Generation, State
from apps.generation.services.claim import (
    CLAIM,
    CLAIM_FIRST_TURN,
    FRONT,
    Wish,
    claim_next,
    endpoints_and_wishes,
    next_queued,
)
from apps.generation.services.write_positions import write_positions
from tests.generation.conftest import ask

pytestmark = pytest.mark.django_db

JOB = {"variant": "instruct", "task": "chat"}


@pytest.fixture
def endpoint() -> Endpoint:
    return add_endpoint(name="one", url="http://127.0.0.1:9", protocol="openai", variant="instruct")


def queue_at_random(chance: random.Random, owners: Sequence[User], endpoint: Endpoint) -> None:
    """Fill the queue with up to twenty generations of every kind; a few run."""
    Generation.objects.all().delete()
    now = timezone.now()
    made = []
    for number in range(chance.randrange(1, 20)):
        waits = chance.random() < 0.8
        wanted = chance.random() < 0.4
        state: dict[str, Any] = (
            {"state": State.QUEUED, "stuck_since": now if chance.random() < 0.3 else None}
            if waits
            else {"state": State.RUNNING, "lease_expires_at": now}
        )
        pin: dict[str, Any] = {"wanted_endpoint": endpoint, "wanted_name": endpoint.name} if wanted else {}
        task = chance.choice(["chat", "chat", "chat", "complete"])
        created_at = now + timedelta(seconds=chance.randrange(number + 1))
        made.append(
            Generation(owner=chance.choice(owners), messages=[], created_at=created_at, task=task, **state, **pin)
        )
    Generation.objects.bulk_create(made)


def chosen_by(query: str, endpoint: Endpoint | None, *, whoever: bool) -> Generation | None:
    """Return what the query would claim."""
    given: dict[str, Any] = {**JOB, "worker": "one", "lease": 10.0, "whoever": whoever, "only": None, "owners": None}
    given["endpoint"] = endpoint.pk if endpoint else None
    with transaction.atomic():
        chosen = next(iter(Generation.objects.raw(query, given)), None)
        transaction.set_rollback(True)
    return chosen


def test_front_of_the_queue_gives_the_same_claim(alice: User, bob: User, charlie: User, endpoint: Endpoint) -> None:
    chance = random.Random(12)  # noqa: S311 - the same queues each time
    found = 0
    for _ in range(60):
        queue_at_random(chance, [alice, bob, charlie], endpoint)
        for where, whoever in ((endpoint, True), (endpoint, False), (None, True)):
            at_front, of_all = (chosen_by(query, where, whoever=whoever) for query in (CLAIM_FIRST_TURN, CLAIM))
            assert at_front in (None, of_all)
            found += at_front is not None
    assert found > 30, "mostly somebody has nothing running"


def test_first_turn_behind_the_front_is_claimed(alice: User, bob: User) -> None:
    now = timezone.now()
    lease = {"state": State.RUNNING, "lease_expires_at": now}
    Generation.objects.create(owner=alice, messages=[], **lease)
    waiting = [
        Generation(owner=alice, messages=[], created_at=now + timedelta(seconds=number)) for number in range(FRONT)
    ]
    Generation.objects.bulk_create(waiting)
    last = Generation.objects.create(owner=bob, messages=[], created_at=now + timedelta(hours=1))
    assert chosen_by(CLAIM_FIRST_TURN, None, whoever=True) is None
    assert claim_next(variant="instruct", worker="one") == last


def test_tickets_are_named_after_one_generation_of_each_task(alice: User) -> None:
    first, _second = ask(alice, "count"), ask(alice, "count")
    code = ask(alice, "count")
    Generation.objects.filter(pk=code.pk).update(task="complete")
    assert sorted(next_queued(variant="instruct")) == [("chat", first.pk), ("complete", code.pk)]
    assert next_queued(variant="base") == []


def test_position_in_a_long_queue_comes_from_the_reaper(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "LONG_QUEUE", 3)
    asked = [ask(alice, "count") for _ in range(3)]
    assert queue.position_of(asked[2].pk) == QueuePosition(3)
    asked.append(ask(alice, "count"))
    assert queue.position_of(asked[3].pk) is None
    write_positions()
    assert store.read_log(asked[3].pk).position == QueuePosition(4)


def test_ticket_of_a_long_queue_reads_few_rows(alice: User, endpoint: Endpoint) -> None:
    Generation.objects.bulk_create(Generation(owner=alice, messages=[]) for _ in range(2_000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE generation_generation")
        with statements_noted() as statements:
            assert endpoints_and_wishes(**JOB)[1] == [Wish()]
            assert claim_next(variant="instruct", worker="one", endpoint_id=endpoint.pk) is not None
            assert len(next_queued(variant="instruct")) == 1
        assert len(statements) == 3, "the first turn is at the front"
        Generation.objects.update(state=State.QUEUED, lease_expires_at=None)
        for sql, parameters in statements:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", parameters)
            rows = rows_read(cursor.fetchone()[0][0]["Plan"])
            assert 0 < rows <= 2 * FRONT, sql


@contextmanager
def statements_noted() -> Iterator[list[tuple[str, Any]]]:
    """Note each statement with its parameters, which prepared ones get apart."""
    noted: list[tuple[str, Any]] = []

    def note(execute: Callable[..., Any], sql: str, parameters: Any, *rest: Any) -> Any:
        noted.append((sql, parameters))
        return execute(sql, parameters, *rest)

    with connection.execute_wrapper(note):
        yield noted


def rows_read(plan: dict[str, Any]) -> float:
    """Return the rows of the largest node of a plan that has run, all its loops together."""
    own = float(plan["Actual Rows"] * plan["Actual Loops"] + plan.get("Rows Removed by Filter", 0))
    return max([own, *map(rows_read, plan.get("Plans", []))])
