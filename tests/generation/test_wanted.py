"""A generation that wants one endpoint runs there or nowhere, and holds up nobody who may go elsewhere."""

from datetime import timedelta
from uuid import UUID

import pytest
from celery import current_app
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from apps.accounts.models import User
from apps.endpoints.models import Endpoint, Health
from apps.endpoints.services import add_endpoint, remove_endpoint, set_endpoint_state
from apps.endpoints.slots import running_counts
from apps.generation.log import store
from apps.generation.log.entries import QueuePosition
from apps.generation.models import Generation, State
from apps.generation.queue import position_of
from apps.generation.services.cancel import cancel_generation
from apps.generation.services.claim import claim_next, endpoints_and_wishes
from apps.generation.services.enqueue import TASK_NAME
from apps.generation.services.unpin import unpin_generation
from apps.generation.tasks import reap
from tests.generation.conftest import add_counting, ask, numbers
from tests.generation.test_outage import add_down
from tests.generation.test_worker import ended, wait_until

JOB = {"variant": "instruct", "task": "chat"}
# Three replies send a ticket each, and one more at each end. Two tickets that race for a reply make one more; a loop
# makes hundreds.
MOST_TICKETS = 14


def wishes() -> list[UUID | None]:
    return [wish.only for wish in endpoints_and_wishes(**JOB)[1]]


def set_down(endpoint: Endpoint) -> None:
    retry_at = timezone.now() + timedelta(hours=1)
    Endpoint.objects.filter(pk=endpoint.pk).update(health=Health.DOWN, health_since=Now(), retry_at=retry_at)


def set_up(endpoint: Endpoint) -> None:
    Endpoint.objects.filter(pk=endpoint.pk).update(health=Health.HEALTHY, retry_at=None)


@pytest.mark.django_db
class TestInTheQueue:
    """Workers don't see uncommitted rows."""

    @pytest.fixture(autouse=True)
    def endpoints(self) -> None:
        self.one, self.two = (
            add_endpoint(name=name, url="http://127.0.0.1:9", protocol="openai", variant="instruct", max_concurrency=1)
            for name in ("one", "two")
        )

    def claim(self, endpoint: Endpoint | None, *, whoever: bool = True) -> Generation | None:
        endpoint_id = endpoint.pk if endpoint else None
        return claim_next(variant="instruct", worker="any", endpoint_id=endpoint_id, whoever=whoever)

    def test_it_is_claimed_for_its_endpoint_alone(self, alice: User) -> None:
        generation = ask(alice, "count", only=self.two)
        assert self.claim(None) is None
        assert self.claim(self.one) is None
        assert self.claim(self.two) == generation

    def test_turns_are_those_of_everybody_who_may_go_there(self, alice: User, bob: User) -> None:
        first, second, third = ask(alice, "count", only=self.two), ask(alice, "count"), ask(alice, "count")
        his = ask(bob, "count", only=self.two)
        assert [self.claim(self.two) for _ in range(4)] == [first, his, second, third]

    def test_it_does_not_hold_up_who_may_go_elsewhere(self, alice: User) -> None:
        pinned, other = ask(alice, "count", only=self.two), ask(alice, "count")
        assert self.claim(self.one) == other
        assert self.claim(self.two) == pinned

    def test_a_slot_for_wishers_only_goes_to_a_wisher(self, alice: User) -> None:
        ask(alice, "count")
        pinned = ask(alice, "count", only=self.two)
        assert self.claim(self.two, whoever=False) == pinned
        assert self.claim(self.two, whoever=False) is None

    @pytest.mark.parametrize(("place", "queries"), [(0, 1), (1, 2)])
    def test_claiming_is_one_query_for_a_first_turn(self, alice: User, place: int, queries: int) -> None:
        asked = [ask(alice, "count", only=only) for only in (self.one, self.two, None)]
        with CaptureQueriesContext(connection) as captured:
            assert self.claim((self.one, self.two)[place]) == asked[place]
        assert ["UPDATE" in query["sql"] for query in captured] == [True] * queries

    def test_wishes_are_tried_in_the_order_of_turns(self, alice: User, bob: User) -> None:
        ask(alice, "count")
        with CaptureQueriesContext(connection) as captured:
            assert wishes() == [None]
        assert len(captured) == 1
        ask(alice, "count", only=self.two)
        ask(bob, "count", only=self.one)
        gone = add_endpoint(name="gone", url="http://127.0.0.1:9", protocol="openai", variant="instruct")
        ask(bob, "count", only=gone)
        remove_endpoint(endpoint=gone, by=None)
        assert wishes() == [None, self.one.pk, self.two.pk]

    def test_positions_count_generations_that_may_run_earlier(self, alice: User) -> None:
        asked = [ask(alice, "count", only=only) for only in (self.one, None, self.two, self.one, None)]
        reap()
        positions = [position_of(generation.pk) for generation in asked]
        assert positions == [
            QueuePosition(1, endpoint="one"),
            QueuePosition(2),
            QueuePosition(2, endpoint="two"),
            QueuePosition(3, endpoint="one"),
            QueuePosition(5),
        ]
        assert [store.read_log(generation.pk).position for generation in asked] == positions

    def test_estimate_is_by_what_that_endpoint_runs(self, alice: User, bob: User) -> None:
        for _ in range(3):
            took = ask(bob, "count")
            spent = {"started_at": Now() - timedelta(seconds=20), "ended_at": Now()}
            Generation.objects.filter(pk=took.pk).update(state=State.SUCCEEDED, **spent)
        for endpoint in (self.one, self.one, self.two):
            ask(alice, "count", only=endpoint)
            claimed = self.claim(endpoint)
            assert claimed is not None
            Generation.objects.filter(pk=claimed.pk).update(endpoint=endpoint)
        anywhere, there, here = (ask(bob, "count", only=only) for only in (None, self.two, self.one))
        assert position_of(anywhere.pk) == QueuePosition(1, 10), "20 s over three positions"
        assert position_of(there.pk) == QueuePosition(2, 30, endpoint="two"), "and 20 s over one"
        assert position_of(here.pk) == QueuePosition(2, 20, endpoint="one"), "and 20 s over two"
        set_endpoint_state(name="two", state="disabled")
        Generation.objects.filter(endpoint=self.two).delete()
        position = position_of(there.pk)
        assert position is not None
        assert position.seconds is None, "nothing runs there"

    def test_one_whose_endpoint_is_away_takes_no_turn(self, alice: User, bob: User) -> None:
        set_down(self.two)
        stuck, next_one, his = ask(alice, "count", only=self.two), ask(alice, "count"), ask(bob, "count")
        reap()
        assert [getattr(position_of(item.pk), "number", None) for item in (next_one, his)] == [1, 2]
        position = position_of(stuck.pk)
        assert position is not None
        assert (position.servers_down, position.endpoint) == (True, "two")
        assert position.absence.startswith("two has been down since ")
        assert store.read_log(stuck.pk).position == position
        assert self.claim(self.one) == next_one

    @pytest.mark.parametrize("away", ["down", "switched off", "removed", "draining"])
    def test_the_wait_for_an_endpoint_ends(self, alice: User, settings: Settings, away: str) -> None:
        generation = ask(alice, "count", only=self.two)
        match away:
            case "down":
                set_down(self.two)
            case "removed":
                remove_endpoint(endpoint=self.two, by=None)
            case state:
                set_endpoint_state(name="two", state="disabled" if state == "switched off" else state)
        reap()
        generation.refresh_from_db()
        assert generation.state == State.QUEUED
        assert generation.stuck_since is not None
        Generation.objects.update(stuck_since=F("stuck_since") - timedelta(seconds=settings.GENERATION_OUTAGE_SECONDS))
        reap()
        generation.refresh_from_db()
        assert generation.state == State.FAILED
        assert generation.error.startswith("two was " if away == "removed" else "two has ")
        assert "No other model server may write this reply" in generation.error

    def test_it_goes_on_waiting_for_its_turn_when_the_endpoint_is_back(self, alice: User) -> None:
        set_down(self.two)
        generation = ask(alice, "count", only=self.two)
        reap()
        set_up(self.two)
        reap()
        generation.refresh_from_db()
        assert generation.stuck_since is None
        assert position_of(generation.pk) == QueuePosition(1, endpoint="two")

    def test_it_may_be_let_go_anywhere(self, alice: User) -> None:
        set_down(self.two)
        generation = ask(alice, "count", only=self.two)
        reap()
        assert unpin_generation(generation_id=generation.pk)
        assert not unpin_generation(generation_id=generation.pk)
        assert position_of(generation.pk) == QueuePosition(1)
        assert self.claim(self.one) == generation
        generation.refresh_from_db()
        assert (generation.wanted, generation.stuck_since) == (None, None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("celery_worker_process")
class TestWithAWorker:
    @pytest.fixture(autouse=True)
    def endpoints(self, counting_server: str) -> None:
        """The other one is preferred in every way."""
        self.other = add_counting("other", counting_server, at_once=50, priority=9)
        self.wanted = add_counting("wanted", counting_server, at_once=1)
        set_up(self.other)

    def test_it_runs_there_one_after_the_other(self, alice: User) -> None:
        asked = [ask(alice, "count to 5", only=self.wanted) for _ in range(5)]
        free = [ask(alice, "count to 5") for _ in range(5)]
        assert {ended(generation).endpoint for generation in asked} == {self.wanted}
        assert {ended(generation).endpoint for generation in free} == {self.other}
        assert {generation.text for generation in asked + free} == {numbers(5)}

    def test_those_that_wait_for_it_hold_nobody_up(self, alice: User) -> None:
        long = ask(alice, "count to 100000 at 100 per second and hold at 1000", only=self.wanted)
        wait_until(lambda: running_counts([self.wanted.pk])[self.wanted.pk] == 1)
        stuck = [ask(alice, "count to 5", only=self.wanted) for _ in range(3)]
        assert ended(ask(alice, "count to 5")).endpoint == self.other
        assert {Generation.objects.get(pk=generation.pk).state for generation in stuck} == {State.QUEUED}
        cancel_generation(generation_id=long.pk)
        assert {ended(generation).text for generation in stuck} == {numbers(5)}

    def test_it_is_not_continued_elsewhere(self, alice: User) -> None:
        generation = ended(ask(alice, "count to 25 cut after 10", only=self.wanted))
        assert (generation.text, generation.endpoint) == (numbers(25), self.wanted)

    def test_it_waits_for_one_that_is_gone_and_comes_back(self, alice: User, counting_server: str) -> None:
        gone = add_down("gone")
        generation = ask(alice, "count to 5", only=gone)
        assert ended(ask(alice, "count to 5")).state == State.SUCCEEDED
        generation.refresh_from_db()
        assert (generation.state, generation.attempt) == (State.QUEUED, 0)
        Endpoint.objects.filter(pk=gone.pk).update(url=counting_server, retry_at=timezone.now())
        Generation.objects.update(enqueued_at=Now() - timedelta(hours=1))
        reap()
        assert ended(generation).endpoint == gone, "the pause is over: it was the trial"

    def test_only_a_wish_gets_the_half_open_probe(self, alice: User) -> None:
        """The others have better positions to wait for."""
        set_down(self.wanted)
        Endpoint.objects.filter(pk=self.other.pk).update(max_concurrency=1)
        long = ask(alice, "count to 100000 at 100 per second and hold at 1000")
        wait_until(lambda: running_counts([self.other.pk])[self.other.pk] == 1)
        free, pinned = ask(alice, "count to 5"), ask(alice, "count to 5", only=self.wanted)
        Endpoint.objects.filter(pk=self.wanted.pk).update(retry_at=timezone.now())
        Generation.objects.update(enqueued_at=Now() - timedelta(hours=1))
        reap()
        assert ended(pinned).endpoint == self.wanted
        began = Generation.objects.order_by("started_at").values_list("pk", flat=True)
        assert ended(free)
        assert list(began) == [long.pk, pinned.pk, free.pk], "it was asked for before"
        cancel_generation(generation_id=long.pk)

    def test_tickets_do_not_multiply_while_nothing_can_run(self, alice: User) -> None:
        set_endpoint_state(name="wanted", state="disabled")
        ask(alice, "count to 5", only=self.wanted)
        ended(ask(alice, "count to 5"))
        before = tickets_taken()
        for _ in range(3):
            ended(ask(alice, "count to 5"))
        wait_until(lambda: tickets_taken() >= before + 6)
        assert tickets_taken() <= before + MOST_TICKETS


def tickets_taken() -> int:
    """Return how many the worker has had since it began."""
    (stats,) = (current_app.control.inspect().stats() or {}).values()
    return int(stats["total"].get(TASK_NAME, 0))
