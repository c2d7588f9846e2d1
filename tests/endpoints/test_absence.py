"""Sentences on the one server that something is to run on: why it does nothing, and since when."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.endpoints.health.absence import Wanted, describe_absence, describe_absences
from apps.endpoints.health.outages import read_outages
from apps.endpoints.models import Endpoint, EndpointChange, Health
from apps.endpoints.services import remove_endpoint, set_endpoint_state
from tests.endpoints.conftest import Add

pytestmark = pytest.mark.django_db

JOB = ("instruct", "chat")


def wanted(endpoint: Endpoint) -> Wanted:
    return Wanted(endpoint.name, endpoint.pk)


def test_one_that_is_up_is_out_for_nobody(add: Add) -> None:
    gpu = add("gpu-1")
    add("gpu-2")
    assert not read_outages().hits(JOB, wanted(gpu))
    assert read_outages().hits(("instruct", "infill"), wanted(gpu))
    assert read_outages().hits(JOB, Wanted("gpu-1", None))


def test_one_that_is_down_is_out_for_who_wants_it_alone(add: Add) -> None:
    gpu = add("gpu-1")
    add("gpu-2")
    since = timezone.localtime().replace(hour=14, minute=2) - timedelta(days=1)
    Endpoint.objects.filter(pk=gpu.pk).update(health=Health.DOWN, health_since=since, retry_at=since)
    assert read_outages().hits(JOB, wanted(gpu))
    assert not read_outages().hits(JOB)
    assert describe_absence(wanted(gpu)).startswith("gpu-1 has been down since 14:02 on ")


@pytest.mark.parametrize(
    ("state", "words"),
    [("disabled", "gpu-1 has been switched off since "), ("draining", "gpu-1 has taken no new work since ")],
)
def test_one_that_takes_no_work_says_since_when(add: Add, state: str, words: str) -> None:
    gpu = add("gpu-1")
    set_endpoint_state(name="gpu-1", state=state)
    EndpointChange.objects.update(at=timezone.localtime().replace(hour=0, minute=2))
    assert read_outages().hits(JOB, wanted(gpu))
    assert describe_absence(wanted(gpu)) == f"{words}00:02"


def test_one_that_was_removed_keeps_its_name(add: Add) -> None:
    gpu = add("gpu-1")
    add("gpu-2")
    asked_for = wanted(gpu)
    remove_endpoint(endpoint=gpu, by=None)
    assert read_outages().hits(JOB, asked_for)
    for gone in (asked_for, Wanted("gpu-1", None)):
        assert re.fullmatch(r"gpu-1 was removed at \d\d:\d\d", describe_absence(gone))
    assert describe_absence(Wanted("never-there", None)) == "never-there was removed"


def test_one_that_does_other_work_now_says_so(add: Add) -> None:
    gpu = add("gpu-1")
    Endpoint.objects.filter(pk=gpu.pk).update(variant="base")
    assert read_outages().hits(JOB, wanted(gpu))
    assert describe_absence(wanted(gpu)) == "gpu-1 does not do this kind of work any longer"


def test_many_take_three_queries(add: Add) -> None:
    asked_for = [wanted(add(f"gpu-{number}")) for number in range(9)]
    for number in range(3):
        set_endpoint_state(name=f"gpu-{number}", state="disabled")
    for endpoint in Endpoint.objects.filter(name__in=["gpu-3", "gpu-4"]):
        remove_endpoint(endpoint=endpoint, by=None)
    with CaptureQueriesContext(connection) as captured:
        sentences = describe_absences(asked_for)
    assert len(captured) == 3
    assert [item.name for item in sentences] == [f"gpu-{number}" for number in range(9)]
