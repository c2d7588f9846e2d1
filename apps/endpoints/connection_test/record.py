"""The record of one connection test: the server under test, and each step's result as it ends.

Redis keeps it for a few minutes under an id that cannot be guessed. The token in it is sealed; the worker that claims
the test removes it.
"""

import json
import secrets
import time
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, cast

from apps.stores.redis import sync_client

RECORD_SECONDS = 900
CLAIM_SECONDS = 20.0  # by then a worker has claimed the test, or no worker runs
TEST_SECONDS = 180.0  # by then the test has ended, or its worker is gone


class Outcome(StrEnum):
    """The end of a step."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_OFFERED = "not_offered"
    NOT_TRIED = "not_tried"


@dataclass(frozen=True, slots=True)
class Candidate:
    """The server under test: the facts of an endpoint, stored or still in the form."""

    url: str
    protocol: str
    variant: str
    size: str
    model_id: str
    sealed_token: str = ""


@dataclass(frozen=True, slots=True)
class StepResult:
    """The end of one step; ``sentence`` is shown to the admin."""

    step: str
    outcome: str
    seconds: float
    sentence: str


@dataclass(frozen=True, slots=True)
class ConnectionTestRecord:
    """The progress of a test. ``trouble`` says why the steps that have no result yet will get none."""

    test_id: str
    results: tuple[StepResult, ...]
    is_over: bool
    trouble: str = ""


def open_record(candidate: Candidate, *, owner_id: object) -> str:
    """Store what is to be tested and return the record's id."""
    test_id = secrets.token_urlsafe(24)
    fields = {**asdict(candidate), "owner": str(owner_id), "opened_at": repr(time.time())}
    with sync_client().pipeline() as pipe:
        pipe.hset(_key(test_id), mapping=cast("Any", fields))
        pipe.expire(_key(test_id), RECORD_SECONDS)
        pipe.execute()
    return test_id


def claim_record(test_id: str) -> Candidate | None:
    """Claim the test, once, and remove its token from the record.

    Return ``None`` if another worker has claimed the test or it has expired.
    """
    with sync_client().pipeline(transaction=True) as pipe:
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
    """Append a step's result to the record."""
    _append(test_id, json.dumps(asdict(result)))


def close_record(test_id: str) -> None:
    """Mark the record as complete."""
    _append(test_id, "null")


def read_record(test_id: str, *, owner_id: object) -> ConnectionTestRecord | None:
    """Return the record so far; ``None`` if it does not exist, has expired, or belongs to another person."""
    with sync_client().pipeline() as pipe:
        pipe.hmget(_key(test_id), ["owner", "opened_at", "claimed_at"])
        pipe.lrange(_results_key(test_id), 0, -1)
        (owner, opened_at, claimed_at), lines = pipe.execute()
    if owner is None or owner.decode() != str(owner_id):
        return None
    entries = [json.loads(line) for line in lines]
    results = tuple(StepResult(**entry) for entry in entries if entry)
    if None in entries:
        return ConnectionTestRecord(test_id, results, is_over=True)
    trouble = _trouble(float(opened_at), float(claimed_at) if claimed_at else None)
    return ConnectionTestRecord(test_id, results, is_over=bool(trouble), trouble=trouble)


def _trouble(opened_at: float, claimed_at: float | None) -> str:
    now = time.time()
    if claimed_at is None and now - opened_at > CLAIM_SECONDS:
        return "No worker has taken the test up. Check that a worker is running, then test again."
    if claimed_at is not None and now - claimed_at > TEST_SECONDS:
        return "The worker stopped before the test was finished. Test again."
    return ""


def _append(test_id: str, line: str) -> None:
    with sync_client().pipeline() as pipe:
        pipe.rpush(_results_key(test_id), line)
        pipe.expire(_results_key(test_id), RECORD_SECONDS)
        pipe.execute()


def _key(test_id: str) -> str:
    return f"workbench:connection-test:{{{test_id}}}"


def _results_key(test_id: str) -> str:
    return f"{_key(test_id)}:results"
