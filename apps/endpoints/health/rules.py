"""The rules by which evidence changes a server's health: pure functions, and their words.

A server that refuses work because it is busy rests before it is asked again. A failure that leaves no doubt (no
connection, a refused token) marks a server as down at once. Any other failure degrades a server that has worked before,
and marks it as down when repeated. A server that is down gets a half-open probe after a pause that doubles with every
failure, until a reply succeeds.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from random import SystemRandom

from django.conf import settings

from apps.endpoints.choices import BUSY, Health
from apps.inference.errors import (
    AddressRefused,
    AuthenticationFailed,
    ContextTooLong,
    FirstTokenTimedOut,
    InferenceError,
    Interrupted,
    InvalidRequest,
    NotServed,
    Overloaded,
    ProtocolError,
    ServerError,
    Stalled,
    TotalTimedOut,
    Unreachable,
)

FAILURES_UNTIL_DOWN = 2
SLOW = "answered slowly"
SHORTEST_REST = 0.5  # seconds
STOPPED = "stopped answering"
NEVER_REACHED = "could not be reached"

_random = SystemRandom()


class Verdict(Enum):
    """The meaning of one piece of evidence about the server."""

    WORKS = auto()
    ANSWERS = auto()  # it answered with its information, which proves less than a reply
    SLOW = auto()
    LATE = auto()  # a person's reply began late: the server is slow, or the prompt was long
    IMPAIRED = auto()  # it answered, but did not do what was asked
    DOUBTFUL = auto()
    BROKEN = auto()


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece of evidence. ``reason`` follows the server's name, in the past tense.

    ``error_kind`` is the name of an error class. ``was_informed`` means that the server failed at a reply after it had
    answered with its information. ``retry_after`` is the number of seconds that the server asks to be left alone.
    """

    verdict: Verdict
    reason: str = ""
    error_kind: str = ""
    was_informed: bool = False
    retry_after: float | None = None


ONE_EVENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """A server's health, with what led to it."""

    health: str
    since: datetime
    reason: str = ""
    failures: int = 0
    retry_at: datetime | None = None


_REASONS: tuple[tuple[type[InferenceError], Verdict, str], ...] = (
    (ContextTooLong, Verdict.ANSWERS, ""),
    (NotServed, Verdict.BROKEN, "did not offer its model"),
    (InvalidRequest, Verdict.ANSWERS, ""),
    (TotalTimedOut, Verdict.ANSWERS, ""),
    (Overloaded, Verdict.IMPAIRED, BUSY),
    (AddressRefused, Verdict.BROKEN, "led to an address that is not allowed"),
    (AuthenticationFailed, Verdict.BROKEN, "refused its token"),
    (Unreachable, Verdict.BROKEN, STOPPED),
    (FirstTokenTimedOut, Verdict.DOUBTFUL, "timed out"),
    (Stalled, Verdict.DOUBTFUL, "fell silent during a reply"),
    (Interrupted, Verdict.DOUBTFUL, "broke off a reply"),
    (ServerError, Verdict.DOUBTFUL, "reported a failure of its own"),
    (ProtocolError, Verdict.DOUBTFUL, "answered with a web page, not a model API"),
)


TOKEN_UNREADABLE = Evidence(Verdict.BROKEN, "got a token that cannot be read", "TokenUnreadable")


def evidence_of(error: InferenceError) -> Evidence | None:
    """Return what ``error`` says about the server; ``None`` if it says nothing, as with an invalid request."""
    kind = type(error).__name__
    for error_class, verdict, reason in _REASONS:
        if isinstance(error, error_class):
            return Evidence(verdict, reason, kind, retry_after=error.retry_after) if reason else None
    return Evidence(Verdict.BROKEN, "could not be asked", kind)


def judge(standing: Standing, evidence: Evidence, now: datetime) -> Standing:
    """Return the standing after ``evidence``. ``since`` moves only when the health does."""
    match evidence.verdict:
        case Verdict.WORKS:
            after = Standing(Health.HEALTHY, now)
        case Verdict.ANSWERS if standing.health != Health.DOWN and standing.reason != BUSY:
            return replace(standing, failures=0)
        case Verdict.ANSWERS:
            return standing  # a busy server gives its information too: let its pauses go on growing
        case Verdict.LATE if standing.health == Health.HEALTHY:
            return replace(standing, failures=0)  # the next probe decides: its question is short
        case Verdict.IMPAIRED if evidence.reason == BUSY:
            after = _after_refusal(standing, evidence, now)
        case Verdict.SLOW | Verdict.LATE | Verdict.IMPAIRED:
            after = Standing(Health.DEGRADED, now, evidence.reason)
        case _:
            after = _after_failure(standing, evidence, now)
    return replace(after, since=standing.since) if after.health == standing.health else after


def _after_refusal(standing: Standing, evidence: Evidence, now: datetime) -> Standing:
    """Leave a busy server alone for as long as it asks, or longer with every refusal in a row."""
    rests = standing.reason == BUSY and standing.retry_at is not None and standing.retry_at > now
    before = standing.failures if standing.reason == BUSY else 0
    failures = max(before, 1) if rests else before + 1  # refusals that were under way together count once
    asked = evidence.retry_after
    pause = pause_after(failures) if asked is None else _bounded(asked)
    retry_at = max(now + pause, standing.retry_at) if rests and standing.retry_at else now + pause
    return Standing(Health.DEGRADED, now, BUSY, failures, retry_at)


def _bounded(seconds: float) -> timedelta:
    return timedelta(seconds=min(max(seconds, SHORTEST_REST), settings.ENDPOINT_RETRY_MAX_SECONDS))


def _after_failure(standing: Standing, evidence: Evidence, now: datetime) -> Standing:
    if standing.health == Health.DOWN and now - standing.since < ONE_EVENT:
        return standing  # Fifty replies cut off by one failure count once: they are no reason for a long pause.
    failures = 1 if standing.reason == BUSY else standing.failures + 1
    is_there = evidence.was_informed or standing.health in (Health.HEALTHY, Health.DEGRADED)
    if evidence.verdict is Verdict.DOUBTFUL and is_there and failures < FAILURES_UNTIL_DOWN:
        return Standing(Health.DEGRADED, now, evidence.reason, failures)
    was_reached = standing.health != Health.UNKNOWN and standing.reason != NEVER_REACHED
    reason = NEVER_REACHED if evidence.reason == STOPPED and not was_reached else evidence.reason
    return Standing(Health.DOWN, now, reason, failures, now + pause_after(failures))


def pause_after(failures: int) -> timedelta:
    """Double the pause with every failure up to a limit, with jitter so that workers do not return together."""
    doubled = settings.ENDPOINT_RETRY_SECONDS * 2 ** min(failures - 1, 30)
    return timedelta(seconds=min(doubled, settings.ENDPOINT_RETRY_MAX_SECONDS) * _random.uniform(0.5, 1.0))
