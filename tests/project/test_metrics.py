"""``/metrics``: figures of what is stored, for those who may see them."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import F, QuerySet
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from apps.accounts.models import User
from apps.endpoints.models import Endpoint, Health
from apps.endpoints.services import add_endpoint
from apps.endpoints.slots import Bid, take_slot
from apps.generation.models import Generation, State

pytestmark = pytest.mark.django_db

LOOPBACK, ELSEWHERE = "127.0.0.1", "192.0.2.7"


HELD: dict[str, Any] = {
    "state": State.RUNNING,
    "lease_expires_at": timezone.now() + timedelta(hours=1),
    "attempt": 1,
    "lost_leases": 1,
}


def first_token(generation: Generation, seconds: float) -> QuerySet[Generation]:
    """Be the worker that got the first token that many seconds after the request."""
    found = Generation.objects.filter(pk=generation.pk)
    found.update(first_token_at=F("created_at") + timedelta(seconds=seconds))
    return found


def end_with(generation: QuerySet[Generation], tokens: int) -> None:
    generation.update(
        state=State.SUCCEEDED, ended_at=timezone.now(), lease_expires_at=None, prompt_tokens=5, completion_tokens=tokens
    )


def figures(client: Client, **headers: str) -> dict[tuple[str, ...], float]:
    """Every sample by its name and its labels' values, sorted."""
    response = client.get("/metrics", headers=headers)
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain")
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_the_figures_are_those_of_the_database(client: Client, alice: User) -> None:
    now = timezone.now()
    common: dict[str, Any] = {"owner": alice, "messages": []}
    waiting = Generation.objects.create(**common, state=State.QUEUED)
    Generation.objects.filter(pk=waiting.pk).update(created_at=now - timedelta(seconds=90))
    for seconds in (30, -5):
        lease = now + timedelta(seconds=seconds)
        Generation.objects.create(**common, state=State.RUNNING, variant="base", lease_expires_at=lease)
    for seconds_to_first, tokens in [(0.2, 40), (3, 60)]:
        end_with(first_token(Generation.objects.create(**common, **HELD), seconds_to_first), tokens)
    # Imported replies were written elsewhere.
    Generation.objects.create(
        **common, variant="python", state=State.SUCCEEDED, ended_at=now, completion_tokens=7, first_token_at=now
    )
    found = figures(client)
    assert found["workbench_generations_queued", "instruct"] == 1
    assert 80 <= found["workbench_queue_oldest_wait_seconds", "instruct"] < 600
    assert found["workbench_generations_running", "base"] == 2
    assert found["workbench_leases_expired", "base"] == 1
    done_by = ("instruct", "succeeded")
    assert found["workbench_generations_total", *done_by] == 2
    assert found["workbench_prompt_tokens_total", *done_by] == 10
    assert found["workbench_completion_tokens_total", *done_by] == 100
    assert not {name for name in found if "python" in name}
    assert found["workbench_lease_expiries_total", *done_by] == 2
    assert found["workbench_first_token_seconds_count", *done_by] == 2
    assert found["workbench_first_token_seconds_sum", *done_by] == pytest.approx(3.2)
    buckets = [found["workbench_first_token_seconds_bucket", le, *done_by] for le in ("0.1", "0.25", "2.5", "5.0")]
    assert buckets == [0, 1, 1, 2]
    assert found["workbench_open_streams",] >= 0
    assert found["workbench_workers",] >= 0
    assert found["workbench_web_process_resident_memory_bytes",] > 1_000_000


def test_totals_never_fall(client: Client, alice: User) -> None:
    generation = Generation.objects.create(owner=alice, messages=[], **HELD)
    end_with(first_token(generation, 1), 40)
    ended = Generation.objects.filter(pk=generation.pk)
    ended.update(completion_tokens=42)  # counted more exactly afterwards
    later = timezone.now() + timedelta(minutes=1)
    ended.update(state=State.RUNNING, ended_at=None, lease_expires_at=later)  # continued
    end_with(ended, 50)
    done_by = ("instruct", "succeeded")
    before = figures(client)
    assert before["workbench_generations_total", *done_by] == 2
    assert before["workbench_completion_tokens_total", *done_by] == 50
    assert before["workbench_prompt_tokens_total", *done_by] == 10, "the prompt is read again"
    assert before["workbench_first_token_seconds_count", *done_by] == 1
    assert before["workbench_first_token_seconds_sum", *done_by] == pytest.approx(1)
    assert ended.delete()
    after = figures(client)
    totals = {name: figure for name, figure in before.items() if name[1:] == done_by and "bucket" not in name[0]}
    assert totals.items() <= after.items()


def test_endpoints_and_their_slots(client: Client, db: None) -> None:
    one = add_endpoint(name="one", url="http://127.0.0.1:9", protocol="tgi", variant="base", max_concurrency=3)
    add_endpoint(name="two", url="http://127.0.0.1:10", protocol="tgi", variant="base")
    Endpoint.objects.filter(name="two").update(health=Health.DOWN, retry_at=timezone.now())
    assert take_slot([Bid(one.pk, rank=0, limit=3)], uuid4())
    found = figures(client)
    assert found["workbench_endpoint_up", "base", "one"] == 1
    assert found["workbench_endpoint_up", "base", "two"] == 0
    assert found["workbench_endpoint_places", "base", "one"] == 3
    assert found["workbench_endpoint_places_used", "base", "one"] == 1


def test_a_few_queries_however_much_there_is(client: Client, alice: User, django_assert_max_num_queries: Any) -> None:
    for number in range(5):
        add_endpoint(name=f"number {number}", url="http://127.0.0.1:9", protocol="tgi", variant="base")
        Generation.objects.create(owner=alice, messages=[], state=State.QUEUED)
    with django_assert_max_num_queries(3):
        figures(client)


def test_without_a_token_loopback_only(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", REMOTE_ADDR=LOOPBACK).status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="::1").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR=ELSEWHERE).status_code == 404
    for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded"):
        assert client.get("/metrics", headers={header: ELSEWHERE}, REMOTE_ADDR=LOOPBACK).status_code == 404


def test_with_a_token_whoever_sends_it(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = "a-long-secret"
    assert client.get("/metrics", REMOTE_ADDR=LOOPBACK).status_code == 404
    for wrong in ("Bearer a-long-secre", "Bearer é", "Bearer ", "Basic eDp5"):
        assert client.get("/metrics", headers={"Authorization": wrong}).status_code == 404
    right = {"Authorization": "Bearer a-long-secret"}
    assert client.get("/metrics", headers=right, REMOTE_ADDR=ELSEWHERE).status_code == 200


def test_it_is_only_read(client: Client) -> None:
    assert client.post("/metrics").status_code == 405
