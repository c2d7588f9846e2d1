"""Real traffic is evidence too."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.endpoints.models import Endpoint, Health, Observation
from apps.endpoints.services import save_endpoint, set_endpoint_state
from apps.endpoints.services.record import record_failure, record_success
from apps.inference.errors import ContextTooLong, InferenceError, InvalidRequest, Overloaded, ServerError, Unreachable
from tests.endpoints.conftest import Add


def test_a_reply_that_ended_well_is_kept_and_makes_healthy(add: Add) -> None:
    endpoint = add()
    record_success(endpoint_id=endpoint.pk, seconds_to_first_token=0.25, tokens_per_second=42.0, duration=3.5)
    endpoint.refresh_from_db()
    assert endpoint.health == Health.HEALTHY
    assert endpoint.last_generated_at is not None
    seen = Observation.objects.get()
    assert (seen.kind, seen.ok, seen.error_kind) == ("traffic", True, "")
    assert (seen.seconds_to_first_token, seen.tokens_per_second, seen.duration) == (0.25, 42.0, 3.5)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Health.UNKNOWN, Health.DEGRADED),
        (Health.DEGRADED, Health.DEGRADED),
        (Health.DOWN, Health.DEGRADED),
        (Health.HEALTHY, Health.HEALTHY),  # the question may have been long
    ],
)
def test_a_reply_that_began_late_does_not_make_healthy(add: Add, before: Health, after: Health) -> None:
    endpoint = add()
    Endpoint.objects.filter(pk=endpoint.pk).update(health=before, retry_at=timezone.now())
    record_success(endpoint_id=endpoint.pk, seconds_to_first_token=60.0)
    endpoint.refresh_from_db()
    assert endpoint.health == after
    assert endpoint.last_generated_at is None  # a probe asks a short question
    assert Observation.objects.get().ok


def test_failures_are_kept_and_add_up(add: Add) -> None:
    endpoint = add()
    record_success(endpoint_id=endpoint.pk)
    for health in (Health.DEGRADED, Health.DOWN):
        record_failure(endpoint_id=endpoint.pk, error=ServerError("CUDA error"))
        endpoint.refresh_from_db()
        assert endpoint.health == health
    assert endpoint.health_reason == "reported a failure of its own"
    assert endpoint.consecutive_failures == 2
    assert list(Observation.objects.filter(ok=False).values_list("error_kind", flat=True)) == ["ServerError"] * 2


@pytest.mark.parametrize("error", [InvalidRequest(), ContextTooLong()])
def test_a_wrong_request_says_nothing_about_the_server(add: Add, error: InferenceError) -> None:
    endpoint = add()
    record_failure(endpoint_id=endpoint.pk, error=error)
    endpoint.refresh_from_db()
    assert endpoint.health == Health.UNKNOWN
    assert not Observation.objects.exists()
    record_failure(endpoint_id=endpoint.pk, error=Unreachable())
    assert Observation.objects.exists()


def test_overload_is_kept_and_is_not_down(add: Add) -> None:
    endpoint = add()
    for _ in range(5):
        record_failure(endpoint_id=endpoint.pk, error=Overloaded())
    endpoint.refresh_from_db()
    assert (endpoint.health, endpoint.health_reason) == (Health.DEGRADED, "was busy")
    assert Observation.objects.filter(ok=False, error_kind="Overloaded").count() == 5


@pytest.mark.django_db
def test_evidence_about_an_endpoint_that_is_gone_is_dropped() -> None:
    record_success(endpoint_id=uuid4())
    record_failure(endpoint_id=uuid4(), error=Unreachable())
    assert not Observation.objects.exists()


def test_another_server_under_the_same_name_starts_unknown(add: Add) -> None:
    endpoint = add()
    record_failure(endpoint_id=endpoint.pk, error=Unreachable())
    add(priority=5)
    endpoint.refresh_from_db()
    assert endpoint.health == Health.DOWN
    add(url="http://gpu-2:8080")
    endpoint.refresh_from_db()
    assert (endpoint.health, endpoint.health_reason, endpoint.retry_at) == (Health.UNKNOWN, "", None)
    assert endpoint.consecutive_failures == 0


def test_enabling_gives_a_new_chance(add: Add) -> None:
    endpoint = add()
    record_failure(endpoint_id=endpoint.pk, error=Unreachable())
    for state, health in (("disabled", Health.DOWN), ("enabled", Health.UNKNOWN)):
        set_endpoint_state(name="gpu-1", state=state)
        endpoint.refresh_from_db()
        assert endpoint.health == health


def test_a_form_that_was_open_for_long_does_not_bring_old_health_back(add: Add) -> None:
    stale = add()
    record_success(endpoint_id=stale.pk)
    stale.priority = 7
    save_endpoint(endpoint=stale, by=None)
    fresh = Endpoint.objects.get()
    assert (fresh.priority, fresh.health) == (7, Health.HEALTHY)


def test_database_wants_a_time_for_the_next_try_of_what_is_down(add: Add) -> None:
    add()
    with pytest.raises(IntegrityError, match="endpoint_down_is_retried"), transaction.atomic():
        Endpoint.objects.update(health=Health.DOWN)
