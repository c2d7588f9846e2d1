"""The record of one test of a server: what is to be tested, and each step's result as it comes. Kept in Redis.

It lives for a few minutes under an id that cannot be guessed. The token in it is sealed, and removed by the worker
that takes the test up.
"""

import json
import secrets
import time
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cache
from typing import Any, cast

import redis
from django.conf import settings

RECORD_SECONDS = 900
CLAIM_SECONDS = 20.0  # by then a worker has taken it up, or there is none
TEST_SECONDS = 180.0  # by then it has ended, or its worker is gone


class Outcome(StrEnum):
    """How a step ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_OFFERED = "not_offered"
    NOT_TRIED = "not_tried"


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is tested: the facts of an endpoint, stored or still in the form."""

    url: str
    protocol: str
    variant: str
    size: str
    model_id: str
    sealed_token: str = ""


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step's end; ``sentence`` is for the person."""

    step: str
    outcome: str
    seconds: float
    sentence: str


@dataclass(frozen=True, slots=True)
class TestRecord:
    """What a viewer sees. ``trouble`` is why nothing more will come although not every step has a result."""

    test_id: str
    results: tuple[StepResult, ...]
    is_over: bool
    trouble: str = ""


def open_record(candidate: Candidate, *, owner_id: object) -> str:
    """Store what is to be tested; the id of its record."""
    test_id = secrets.token_urlsafe(24)
    fields = {**asdict(candidate), "owner": str(owner_id), "opened_at": repr(time.time())}
    with _client().pipeline() as pipe:
        pipe.hset(_key(test_id), mapping=cast("Any", fields))
        pipe.expire(_key(test_id), RECORD_SECONDS)
        pipe.execute()
    return test_id


def claim_record(test_id: str) -> Candidate | None:
    """Take the test up, once: ``None`` where another worker has it or it has expired. Removes the token."""
    with _client().pipeline(transaction=True) as pipe:
        pipe.hgetall(_key(test_id))
        pipe.hsetnx(_key(test_id), "claimed_at", repr(time.time()))
        pipe.hdel(_key(test_id), "sealed_token")
        pipe.expire(_key(test_id), RECORD_SECONDS)
        stored, is_first, *_ = pipe.execute()
    fields = {name.decode(): value.decode() for name, value in stored.items()}
    if not is_first or "owner" not in fields:
        return None
    return Candidate(**{name: fields.get(name, "") for name in Candidate.__dataclass_fields__})


def add_result(test_id: str, result: StepResult) -> None:
    """Add a step's result for the viewers to see."""
    _append(test_id, json.dumps(asdict(result)))


def close_record(test_id: str) -> None:
    """Say that no more results come."""
    _append(test_id, "null")


def read_record(test_id: str, *, owner_id: object) -> TestRecord | None:
    """The record as far as it is; ``None`` for one that does not exist, has expired or is another person's."""
    with _client().pipeline() as pipe:
        pipe.hmget(_key(test_id), ["owner", "opened_at", "claimed_at"])
        pipe.lrange(_results_key(test_id), 0, -1)
        (owner, opened_at, claimed_at), lines = pipe.execute()
    if owner is None or owner.decode() != str(owner_id):
        return None
    entries = [json.loads(line) for line in lines]
    results = tuple(StepResult(**entry) for entry in entries if entry)
    if None in entries:
        return TestRecord(test_id, results, is_over=True)
    trouble = _trouble(float(opened_at), float(claimed_at) if claimed_at else None)
    return TestRecord(test_id, results, is_over=bool(trouble), trouble=trouble)


def _trouble(opened_at: float, claimed_at: float | None) -> str:
    now = time.time()
    if claimed_at is None and now - opened_at > CLAIM_SECONDS:
        return "No worker has taken the test up. Check that a worker is running, then test again."
    if claimed_at is not None and now - claimed_at > TEST_SECONDS:
        return "The worker stopped before the test was finished. Test again."
    return ""


def _append(test_id: str, line: str) -> None:
    with _client().pipeline() as pipe:
        pipe.rpush(_results_key(test_id), line)
        pipe.expire(_results_key(test_id), RECORD_SECONDS)
        pipe.execute()


def _key(test_id: str) -> str:
    return f"workbench:connection-test:{{{test_id}}}"


def _results_key(test_id: str) -> str:
    return f"{_key(test_id)}:results"


@cache
def _client() -> "redis.Redis":
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5)
