"""The endpoint that a generation goes to, and its slot."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from apps.endpoints.errors import AllEndpointsBusy, NoEndpointAvailable
from apps.endpoints.models import Endpoint, Health
from apps.endpoints.services import set_endpoint_state
from apps.endpoints.services.record import record_failure, record_success
from apps.endpoints.services.reserve import reserve_endpoint
from apps.endpoints.slots import Bid, release_slot, renew_slots, running_counts, slots_key, take_slot
from apps.inference.errors import Unreachable
from apps.stores.redis import sync_client
from tests.endpoints.conftest import Add

pytestmark = pytest.mark.usefixtures("services")


def reserve(holder: UUID | None = None, **wishes: Any) -> str:
    return reserve_endpoint(**{"variant": "instruct", "holder": holder or uuid4(), **wishes}).name


def set_health(endpoint: Endpoint, health: Health, *, retry_in: float | None = None) -> None:
    retry_at = None if retry_in is None else timezone.now() + timedelta(seconds=retry_in)
    Endpoint.objects.filter(pk=endpoint.pk).update(health=health, retry_at=retry_at, consecutive_failures=1)


def expire(endpoint: Endpoint, holder: UUID) -> None:
    """Let the slot expire, as if nobody had renewed it."""
    assert sync_client().zscore(slots_key(endpoint.pk), str(holder)) is not None
    sync_client().zadd(slots_key(endpoint.pk), {str(holder): 1})


def test_only_the_variant_and_the_capabilities_that_are_needed(add: Add) -> None:
    add("python", variant="python", priority=9)
    filling = add("filling", size="7B", priority=1)
    Endpoint.objects.filter(pk=filling.pk).update(discovered_capabilities=["chat", "infill"])
    plain = add("plain", priority=5)
    Endpoint.objects.filter(pk=plain.pk).update(capability_overrides={"complete": False})
    assert reserve() == "plain"
    assert reserve(needs=["infill"]) == "filling"
    with pytest.raises(NoEndpointAvailable, match=r"^No other endpoint for the instruct variant can take"):
        reserve(needs=["complete"])


def test_health_before_priority_before_load(add: Add) -> None:
    for name, health, priority in [
        ("degraded", Health.DEGRADED, 9),
        ("unknown", Health.UNKNOWN, 8),
        ("second", Health.HEALTHY, 1),
        ("first-a", Health.HEALTHY, 2),
        ("first-b", Health.HEALTHY, 2),
    ]:
        set_health(add(name, max_concurrency=2, priority=priority), health)
    taken = [reserve() for _ in range(8)]
    assert taken == ["first-a", "first-b", "first-a", "first-b", "second", "second", "unknown", "unknown"]
    with pytest.raises(AllEndpointsBusy):
        reserve()


@pytest.mark.parametrize(("poor", "retry_in"), [(Health.DEGRADED, None), (Health.DOWN, -1)])
def test_a_slot_on_a_good_server_is_worth_waiting_for(add: Add, poor: Health, retry_in: float | None) -> None:
    set_health(add("poor", priority=9), poor, retry_in=retry_in)
    good = add("good", max_concurrency=1)
    set_health(good, Health.HEALTHY)
    assert reserve() == "good"
    with pytest.raises(AllEndpointsBusy):
        reserve()
    assert reserve(excluding=[good.pk]) == "poor"


def test_load_is_a_share_of_what_a_server_takes(add: Add) -> None:
    add("large", max_concurrency=8)
    add("small", max_concurrency=2)
    names = [reserve() for _ in range(5)]
    assert (names.count("large"), names.count("small")) == (4, 1)


def test_a_queue_that_the_server_reports_counts_as_load(add: Add) -> None:
    queueing = add("a", max_concurrency=2)
    add("b", max_concurrency=2)
    assert reserve() == "a"
    Endpoint.objects.filter(pk=queueing.pk).update(discovered={"queue_size": 5})
    assert [reserve(), reserve()] == ["b", "b"]
    assert reserve() == "a"


def test_excluded_ones_are_passed_over(add: Add) -> None:
    first = add("a", priority=1)
    add("b")
    assert reserve() == "a"
    assert reserve(excluding=[first.pk]) == "b"


def test_one_query_and_one_redis_call(add: Add) -> None:
    for number in range(5):
        add(f"gpu-{number}")
    reserve()
    before = sync_client().info("commandstats")["cmdstat_eval"]["calls"]
    with CaptureQueriesContext(connection) as queries:
        reserve()
    assert len(queries) == 1
    assert sync_client().info("commandstats")["cmdstat_eval"]["calls"] == before + 1


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("draining", "Every endpoint for the instruct variant is switched off: an admin can enable one"),
        ("disabled", "Every endpoint for the instruct variant is switched off: an admin can enable one"),
    ],
)
def test_who_drains_or_is_disabled_takes_no_new_work(add: Add, state: str, sentence: str) -> None:
    endpoint, holder = add(), uuid4()
    assert reserve(holder) == "gpu-1"
    set_endpoint_state(name="gpu-1", state=state)
    with pytest.raises(NoEndpointAvailable) as refusal:
        reserve()
    assert refusal.value.sentence.startswith(sentence)
    assert refusal.value.retry_after is None
    assert running_counts([endpoint.pk]) == {endpoint.pk: 1}  # what it has, it finishes


@pytest.mark.django_db
def test_without_any_endpoint_the_sentence_says_so() -> None:
    with pytest.raises(NoEndpointAvailable, match=r"^No endpoint serves the instruct variant: an admin can add one"):
        reserve()


def test_when_all_are_down_the_sentence_says_so_and_when_to_come_back(add: Add) -> None:
    set_health(add(), Health.DOWN, retry_in=30)
    with pytest.raises(NoEndpointAvailable, match=r"^Every endpoint for the instruct variant is down") as refusal:
        reserve()
    assert refusal.value.retry_after is not None
    assert 20 < refusal.value.retry_after <= 30


def test_one_that_is_down_is_never_chosen_before_its_pause_is_over(add: Add) -> None:
    down = add("down", priority=9, max_concurrency=1)
    add("up", max_concurrency=1)
    set_health(down, Health.DOWN, retry_in=30)
    assert reserve() == "up"
    with pytest.raises(AllEndpointsBusy):
        reserve()
    set_health(down, Health.DOWN, retry_in=-1)
    set_endpoint_state(name="up", state="disabled")
    assert reserve() == "down"


def test_breaker_opens_half_opens_and_closes(add: Add) -> None:
    endpoint, first, second = add(), uuid4(), uuid4()
    record_failure(endpoint_id=endpoint.pk, error=Unreachable())
    endpoint.refresh_from_db()
    assert (endpoint.health, endpoint.retry_at is not None) == (Health.DOWN, True)
    with pytest.raises(NoEndpointAvailable):
        reserve(first)
    Endpoint.objects.update(retry_at=timezone.now())
    assert reserve(first) == "gpu-1"
    with pytest.raises(NoEndpointAvailable):
        reserve(second)
    record_success(endpoint_id=endpoint.pk, seconds_to_first_token=0.1, tokens_per_second=50.0)
    assert reserve(second) == "gpu-1"
    endpoint.refresh_from_db()
    assert (endpoint.health, endpoint.retry_at, endpoint.consecutive_failures) == (Health.HEALTHY, None, 0)


def at_once[T](action: Callable[[], T], times: int) -> list[T | Exception]:
    """The outcome of each of so many callers that begin at the same moment."""
    barrier = Barrier(times)

    def call(_: int) -> T | Exception:
        try:
            barrier.wait()
            return action()
        except (AllEndpointsBusy, NoEndpointAvailable) as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(call, range(times)))


@pytest.mark.django_db(transaction=True)
def test_of_two_callers_at_once_exactly_one_gets_the_half_open_probe(add: Add) -> None:
    endpoint = add()
    for _ in range(10):
        set_health(endpoint, Health.DOWN, retry_in=0)
        outcomes = at_once(reserve, 2)
        assert outcomes.count("gpu-1") == 1
        assert sum(isinstance(outcome, NoEndpointAvailable) for outcome in outcomes) == 1
        sync_client().delete(slots_key(endpoint.pk))


@pytest.mark.django_db(transaction=True)
def test_twenty_callers_at_once_never_pass_the_limits(add: Add) -> None:
    large, small = add("large", max_concurrency=5), add("small", max_concurrency=2)
    outcomes = at_once(reserve, 20)
    assert (outcomes.count("large"), outcomes.count("small")) == (5, 2)
    assert sum(isinstance(outcome, AllEndpointsBusy) for outcome in outcomes) == 13
    assert running_counts([large.pk, small.pk]) == {large.pk: 5, small.pk: 2}


def test_a_released_slot_is_free_at_once(add: Add) -> None:
    endpoint, holder = add(max_concurrency=1), uuid4()
    reserve(holder)
    with pytest.raises(AllEndpointsBusy):
        reserve()
    release_slot(endpoint.pk, holder)
    release_slot(endpoint.pk, uuid4())
    assert reserve() == "gpu-1"


def test_an_expired_slot_is_free_and_a_renewed_slot_is_not(add: Add) -> None:
    endpoint, dead, alive = add(max_concurrency=2), uuid4(), uuid4()
    reserve(dead)
    reserve(alive)
    expire(endpoint, dead)
    expire(endpoint, alive)
    assert running_counts([endpoint.pk]) == {endpoint.pk: 0}
    renew_slots({endpoint.pk: [alive]})
    assert running_counts([endpoint.pk]) == {endpoint.pk: 1}
    assert reserve() == "gpu-1"
    with pytest.raises(AllEndpointsBusy):
        reserve()


def test_slots_expire_and_renewing_prolongs_them(add: Add) -> None:
    endpoint, holder = add(), uuid4()
    reserve(holder)
    ends = sync_client().zscore(slots_key(endpoint.pk), str(holder))
    assert ends is not None
    assert sync_client().pttl(slots_key(endpoint.pk)) > 0
    sync_client().zadd(slots_key(endpoint.pk), {str(holder): ends - 5000})
    renew_slots({endpoint.pk: [holder]})
    renewed = sync_client().zscore(slots_key(endpoint.pk), str(holder))
    assert renewed is not None
    assert renewed >= ends


def test_many_slots_are_renewed_in_one_round_trip(add: Add) -> None:
    held = {add(f"gpu-{number}").pk: [uuid4() for _ in range(3)] for number in range(3)}
    renew_slots({})
    before = sync_client().info("commandstats").get("cmdstat_eval", {"calls": 0})["calls"]
    renew_slots(held)
    assert sync_client().info("commandstats")["cmdstat_eval"]["calls"] == before + 1
    assert set(running_counts(held).values()) == {3}


def test_moving_to_another_server_frees_the_slot_on_the_first(add: Add) -> None:
    first, second, holder = add("a", priority=1, max_concurrency=1), add("b"), uuid4()
    assert reserve(holder) == "a"
    set_health(first, Health.DEGRADED)
    set_health(second, Health.HEALTHY)
    assert reserve(holder) == "b"
    assert running_counts([first.pk, second.pk]) == {first.pk: 0, second.pk: 1}


@given(limits=st.lists(st.integers(1, 4), min_size=1, max_size=4), callers=st.integers(1, 20))
def test_slots_are_taken_until_all_are_gone(limits: list[int], callers: int) -> None:
    bids = [Bid(uuid4(), rank=0, limit=limit) for limit in limits]
    taken = [take_slot(bids, uuid4()) for _ in range(callers)]
    assert sum(place is not None for place in taken) == min(callers, sum(limits))
    for bid in bids:
        assert taken.count(bid.endpoint_id) <= bid.limit
