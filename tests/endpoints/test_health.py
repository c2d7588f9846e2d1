"""Changes of a server's health by evidence, and their sentences."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from apps.endpoints.health.rules import Evidence, Standing, Verdict, evidence_of, judge, pause_after
from apps.endpoints.health.sentences import describe_health
from apps.endpoints.models import Endpoint, Health
from apps.inference.errors import (
    AddressRefused,
    AuthenticationFailed,
    ConnectTimedOut,
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

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=5)

WORKS = Evidence(Verdict.WORKS)
DOUBTFUL = Evidence(Verdict.DOUBTFUL, "broke off a reply", "Interrupted")
BROKEN = Evidence(Verdict.BROKEN, "stopped answering", "Unreachable")
BUSY = Evidence(Verdict.IMPAIRED, "was busy", "Overloaded")


def standing(health: Health, **facts: object) -> Standing:
    return Standing(**{"health": health, "since": NOON, **facts})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (Unreachable(), Verdict.BROKEN),
        (ConnectTimedOut(), Verdict.BROKEN),
        (AddressRefused(), Verdict.BROKEN),
        (AuthenticationFailed(), Verdict.BROKEN),
        (NotServed(), Verdict.BROKEN),
        (FirstTokenTimedOut(), Verdict.DOUBTFUL),
        (Interrupted(), Verdict.DOUBTFUL),
        (Stalled(), Verdict.DOUBTFUL),
        (ServerError(), Verdict.DOUBTFUL),
        (ProtocolError(), Verdict.DOUBTFUL),
        (Overloaded(), Verdict.IMPAIRED),
        (InvalidRequest(), None),
        (ContextTooLong(), None),
        (TotalTimedOut(), None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, InferenceError) else None,
)
def test_what_an_error_says_about_the_server(error: InferenceError, verdict: Verdict | None) -> None:
    evidence = evidence_of(error)
    assert (evidence and evidence.verdict) == verdict
    if evidence:
        assert evidence.error_kind == type(error).__name__
        assert evidence.reason


def subclasses(error: type[InferenceError]) -> list[type[InferenceError]]:
    return [below for child in error.__subclasses__() for below in (child, *subclasses(child))]


def test_every_error_has_been_thought_about() -> None:
    errors = subclasses(InferenceError)
    assert len(errors) > 10
    unnamed = evidence_of(InferenceError())
    assert [error.__name__ for error in errors if evidence_of(error()) == unnamed] == []


@pytest.mark.parametrize("health", [Health.HEALTHY, Health.DEGRADED])
def test_one_doubtful_failure_degrades_and_the_second_takes_it_down(health: Health) -> None:
    once = judge(standing(health), DOUBTFUL, LATER)
    assert (once.health, once.reason, once.failures, once.retry_at) == (Health.DEGRADED, "broke off a reply", 1, None)
    twice = judge(once, DOUBTFUL, LATER)
    assert (twice.health, twice.failures) == (Health.DOWN, 2)
    assert twice.retry_at is not None
    assert twice.retry_at > LATER


def test_replies_that_end_together_with_their_server_count_as_one_failure() -> None:
    down = judge(standing(Health.DEGRADED, failures=1), DOUBTFUL, NOON)
    assert down.health == Health.DOWN
    together = NOON + timedelta(seconds=0.5)
    assert judge(down, DOUBTFUL, together) == down
    assert judge(down, DOUBTFUL, LATER).failures == down.failures + 1


def test_a_success_in_between_starts_the_count_anew() -> None:
    once = judge(standing(Health.HEALTHY), DOUBTFUL, LATER)
    assert judge(judge(once, WORKS, LATER), DOUBTFUL, LATER).health == Health.DEGRADED


def test_information_forgives_a_doubtful_failure_but_does_not_heal() -> None:
    answers = Evidence(Verdict.ANSWERS)
    once = judge(standing(Health.HEALTHY), DOUBTFUL, LATER)
    assert judge(once, answers, LATER).health == Health.DEGRADED
    assert judge(once, answers, LATER).failures == 0
    down = judge(standing(Health.HEALTHY), BROKEN, LATER)
    assert judge(down, answers, LATER) == down


def test_a_failure_without_doubt_takes_it_down_at_once() -> None:
    assert judge(standing(Health.HEALTHY), BROKEN, LATER).health == Health.DOWN


def test_who_never_worked_is_down_at_the_first_failure() -> None:
    assert judge(standing(Health.UNKNOWN), DOUBTFUL, LATER).health == Health.DOWN


@given(count=st.integers(1, 50), health=st.sampled_from(Health))
def test_overload_never_takes_a_server_down(count: int, health: Health) -> None:
    now = standing(health, failures=1, retry_at=NOON if health == Health.DOWN else None)
    for _ in range(count):
        now = judge(now, BUSY, LATER)
        assert (now.health, now.reason) == (Health.DEGRADED, "was busy")
        assert now.retry_at is not None
        assert LATER < now.retry_at <= LATER + timedelta(seconds=60)


@pytest.mark.parametrize(("asked", "rest"), [(30.0, 30), (7.0, 7), (0.0, 0.5), (86_400.0, 60)])
def test_busy_server_rests_as_long_as_it_asks_within_a_bound(settings: Settings, asked: float, rest: float) -> None:
    settings.ENDPOINT_RETRY_MAX_SECONDS = 60
    after = judge(standing(Health.HEALTHY), replace(BUSY, retry_after=asked), LATER)
    assert after.retry_at == LATER + timedelta(seconds=rest)


def test_busy_server_that_names_no_time_rests_longer_each_time(settings: Settings) -> None:
    settings.ENDPOINT_RETRY_SECONDS, settings.ENDPOINT_RETRY_MAX_SECONDS = 2, 60
    now, moment = standing(Health.HEALTHY), NOON
    for most in (2, 4, 8, 16, 32, 60, 60):
        now = judge(now, BUSY, moment)
        assert now.retry_at is not None
        assert timedelta(seconds=most / 2) <= now.retry_at - moment <= timedelta(seconds=most)
        assert judge(now, BUSY, moment).failures == now.failures, "refusals at once count once"
        assert judge(now, Evidence(Verdict.ANSWERS), moment) == now, "a probe that asks for no reply proves nothing"
        moment = now.retry_at
    assert judge(now, Evidence(Verdict.WORKS), moment).retry_at is None
    assert judge(now, DOUBTFUL, moment).health == Health.DEGRADED, "refusals are no failures"


@given(evidence=st.lists(st.builds(Evidence, st.sampled_from(Verdict), st.just("did something"))))
def test_whatever_happens_down_means_retried_and_since_moves_with_the_health(evidence: list[Evidence]) -> None:
    before = standing(Health.UNKNOWN)
    for minute, piece in enumerate(evidence, start=1):
        moment = NOON + timedelta(minutes=minute)
        after = judge(before, piece, moment)
        assert (after.health == Health.DOWN) == (after.retry_at is not None), "none of these was busy"
        assert (after.since == moment) == (after.health != before.health)
        if piece.verdict is Verdict.WORKS:
            assert (after.health, after.failures, after.reason) == (Health.HEALTHY, 0, "")
        before = after


def test_the_pause_doubles_to_a_limit_with_jitter(settings: Settings) -> None:
    settings.ENDPOINT_RETRY_SECONDS = 2
    settings.ENDPOINT_RETRY_MAX_SECONDS = 60
    for failures, most in [(1, 2), (2, 4), (3, 8), (5, 32), (6, 60), (1000, 60)]:
        pauses = [pause_after(failures).total_seconds() for _ in range(50)]
        assert all(most / 2 <= pause <= most for pause in pauses)
        assert len(set(pauses)) > 1


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"health": Health.UNKNOWN}, "gpu-1 has not been asked yet."),
        ({"health": Health.HEALTHY}, "gpu-1 has been answering since 12:00."),
        ({"health": Health.DEGRADED, "health_reason": "was busy"}, "gpu-1 was busy at 12:00."),
        (
            {"health": Health.DOWN, "health_reason": "stopped answering", "retry_at": LATER + timedelta(seconds=7.2)},
            "gpu-1 stopped answering at 12:00, retrying in 8 s.",
        ),
        (
            {"health": Health.DOWN, "health_reason": "refused its token", "retry_at": NOON},
            "gpu-1 refused its token at 12:00, retrying now.",
        ),
        (
            {"health": Health.DEGRADED, "health_reason": "was busy", "health_since": NOON - timedelta(days=1)},
            "gpu-1 was busy at 12:00 on 21 November.",
        ),
        (
            {"health": Health.HEALTHY, "model_id": "codellama/CodeLlama-7b-Instruct-hf"},
            "CodeLlama-7b-Instruct-hf at gpu-1 has been answering since 12:00.",
        ),
    ],
    ids=str,
)
def test_health_in_a_sentence(facts: dict[str, object], sentence: str) -> None:
    assert describe_health(Endpoint(**{"name": "gpu-1", "health_since": NOON, **facts}), LATER) == sentence
