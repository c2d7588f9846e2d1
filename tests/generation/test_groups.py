"""A reply is written by an endpoint that its owner's groups may use, or by none."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from apps.accounts.models import User
from apps.endpoints.errors import NoEndpointAllowed
from apps.endpoints.models import Endpoint, Health
from apps.endpoints.services import add_endpoint, set_endpoint_state
from apps.endpoints.services.reserve import reserve_endpoint
from apps.generation.log import store
from apps.generation.log.entries import QueuePosition
from apps.generation.models import Generation, State
from apps.generation.queue import position_of, queued_generations
from apps.generation.services.claim import Wish, claim_next, endpoints_and_wishes
from apps.generation.tasks import reap
from tests.generation.conftest import add_counting, ask, numbers
from tests.generation.test_wanted import JOB, MOST_TICKETS, set_down, set_up, tickets_taken
from tests.generation.test_worker import ended, wait_until
from tests.support.statements import at_most

NOT_ANY = "Your groups may not use a model server of the instruct variant. Ask an admin."


@pytest.fixture
def group(alice: User) -> Group:
    """Alice's."""
    made = Group.objects.create(name="GPU team")
    alice.groups.add(made)
    return made


@pytest.mark.django_db
class TestInTheQueue:
    @pytest.fixture(autouse=True)
    def endpoints(self, group: Group) -> None:
        """The one for the group is preferred."""
        self.theirs, self.everybodys = (
            add_endpoint(name=name, url="http://127.0.0.1:9", protocol="openai", variant="instruct", priority=priority)
            for name, priority in (("theirs", 9), ("everybodys", 0))
        )
        self.theirs.groups.add(group)

    def reserved_for(self, person: User) -> Endpoint:
        return reserve_endpoint(variant="instruct", holder=uuid4(), needs=("chat",), owner_id=person.pk)

    def test_slots_are_for_members(self, alice: User, bob: User) -> None:
        admin = User.objects.create_superuser("admin")
        assert [self.reserved_for(person) for person in (alice, bob, admin)] == [
            self.theirs,
            self.everybodys,
            self.theirs,
        ]
        set_endpoint_state(name="everybodys", state="disabled")
        assert self.reserved_for(alice) == self.theirs
        with pytest.raises(NoEndpointAllowed, match=NOT_ANY):
            self.reserved_for(bob)

    def test_any_one_group_is_enough(self, bob: User) -> None:
        second = Group.objects.create(name="second")
        self.theirs.groups.add(second)
        assert self.reserved_for(bob) == self.everybodys
        bob.groups.add(second, Group.objects.create(name="third"))
        assert self.reserved_for(bob) == self.theirs

    def test_claims_pass_over_people_of_other_groups(self, alice: User, bob: User) -> None:
        his, hers = ask(bob, "count"), ask(alice, "count")
        assert claim_next(variant="instruct", worker="any", endpoint_id=self.theirs.pk) == hers
        assert claim_next(variant="instruct", worker="any", endpoint_id=self.theirs.pk) is None
        assert claim_next(variant="instruct", worker="any", endpoint_id=self.everybodys.pk) == his

    def test_groups_count_at_the_claim(self, alice: User, group: Group) -> None:
        ask(alice, "count")
        alice.groups.remove(group)
        assert claim_next(variant="instruct", worker="any", endpoint_id=self.theirs.pk) is None

    def test_each_kind_of_owner_has_a_wish(self, alice: User, bob: User) -> None:
        charlie = User.objects.create_user("charlie")
        his, _, hers = ask(bob, "count"), ask(charlie, "count"), ask(alice, "count")
        with CaptureQueriesContext(connection) as captured:
            wishes = endpoints_and_wishes(**JOB)[1]
        assert wishes == [
            Wish(None, frozenset([self.theirs.pk]), his.pk, (bob.pk, charlie.pk)),
            Wish(None, frozenset(), hers.pk, (alice.pk,)),
        ]
        assert len(captured) == 3

    def test_a_server_of_others_does_not_hide_that_ones_own_is_down(
        self, alice: User, bob: User, settings: Settings
    ) -> None:
        set_down(self.everybodys)
        his, hers = ask(bob, "count"), ask(alice, "count")
        reap()
        assert [getattr(position_of(item.pk), "servers_down", None) for item in (his, hers)] == [True, False]
        his.refresh_from_db()
        hers.refresh_from_db()
        assert (his.stuck_since is None, hers.stuck_since is None) == (False, True)
        waited = timedelta(seconds=settings.GENERATION_OUTAGE_SECONDS)
        Generation.objects.filter(pk=his.pk).update(stuck_since=F("stuck_since") - waited)
        reap()
        his.refresh_from_db()
        assert his.error.startswith("Every model server for the instruct variant has been down for too long")


@pytest.mark.django_db
class TestPositions:
    """Alice and Bob have a server each, charlie has both; a third one is everybody's."""

    @pytest.fixture(autouse=True)
    def endpoints(self, group: Group, bob: User, charlie: User) -> None:
        bobs_group = Group.objects.create(name="another team")
        bob.groups.add(bobs_group)
        charlie.groups.add(group, bobs_group)
        self.alices, self.bobs, self.everybodys = (
            add_endpoint(name=name, url="http://127.0.0.1:9", protocol="openai", variant="instruct")
            for name in ("alices", "bobs", "everybodys")
        )
        self.alices.groups.add(group)
        self.bobs.groups.add(bobs_group)

    def numbers_of(self, asked: Iterable[Generation]) -> list[int]:
        return [getattr(position_of(generation.pk), "number", 0) for generation in asked]

    def run_on(self, endpoint: Endpoint, owner: User) -> None:
        lease = timezone.now() + timedelta(hours=1)
        Generation.objects.filter(pk=ask(owner, "count").pk).update(
            state=State.RUNNING, endpoint=endpoint, lease_expires_at=lease
        )

    def test_people_who_wait_for_other_servers_are_not_counted(self, alice: User, bob: User, charlie: User) -> None:
        asked = [ask(person, "count") for person in (bob, alice, charlie, bob, alice)]
        assert self.numbers_of(asked) == [1, 2, 3, 4, 5], "all wait for the server of everybody"
        set_endpoint_state(name="everybodys", state="disabled")
        assert self.numbers_of(asked) == [1, 1, 3, 3, 3], "each counts charlie, who counts everybody"
        reap()
        assert [getattr(store.read_log(item.pk).position, "number", 0) for item in asked] == [1, 1, 3, 3, 3]

    def test_replies_for_one_server_count_those_that_may_go_there(self, alice: User, bob: User, charlie: User) -> None:
        set_endpoint_state(name="everybodys", state="disabled")
        asked = [
            ask(bob, "count"),
            ask(charlie, "count", only=self.alices),
            ask(alice, "count"),
            ask(charlie, "count", only=self.bobs),
            ask(charlie, "count", only=self.alices),
        ]
        assert self.numbers_of(asked) == [1, 1, 2, 2, 3]

    def test_a_reply_whose_servers_are_down_is_ahead_of_nobody_else(self, alice: User, bob: User) -> None:
        set_down(self.bobs)
        set_down(self.everybodys)
        stuck, hers, stuck_too = (ask(person, "count") for person in (bob, alice, bob))
        assert self.numbers_of([stuck, hers, stuck_too]) == [1, 1, 2]
        set_up(self.everybodys)
        assert self.numbers_of([stuck, hers, stuck_too]) == [1, 2, 3]

    def test_estimate_is_by_what_runs_on_their_servers(self, alice: User, bob: User, charlie: User) -> None:
        for _ in range(3):
            spent = {"started_at": Now() - timedelta(seconds=20), "ended_at": Now()}
            Generation.objects.filter(pk=ask(bob, "count").pk).update(state=State.SUCCEEDED, **spent)
        for endpoint in (self.alices, self.alices, self.alices, self.bobs):
            self.run_on(endpoint, charlie)
        his, hers, admins = (ask(person, "count") for person in (bob, alice, User.objects.create_superuser("admin")))
        pinned = ask(charlie, "count", only=self.bobs)
        assert position_of(his.pk) == QueuePosition(1, 20), "20 s over one reply"
        assert position_of(hers.pk) == QueuePosition(2, 15), "20 s over three, twice"
        assert position_of(admins.pk) == QueuePosition(3, 15), "20 s over four, three times"
        assert position_of(pinned.pk) == QueuePosition(3, 45, endpoint="bobs"), "bob's 20 s, the admin's 5 s and 20 s"
        Generation.objects.filter(endpoint=self.bobs).delete()
        assert position_of(his.pk) == QueuePosition(1), "nothing runs there"

    def test_groups_cost_one_query(self, alice: User, bob: User) -> None:
        for person in (alice, bob) * 3:
            ask(person, "count")
        with at_most(3):
            queued_generations()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("celery_worker_process")
class TestWithAWorker:
    @pytest.fixture(autouse=True)
    def endpoints(self, counting_server: str, group: Group) -> None:
        """The one for the group is preferred in every way."""
        self.theirs = add_counting("theirs", counting_server, at_once=50, priority=9)
        self.everybodys = add_counting("everybodys", counting_server, at_once=50)
        self.theirs.groups.add(group)
        set_up(self.theirs)

    def test_each_runs_where_they_may(self, alice: User, bob: User) -> None:
        hers, his = [ask(alice, "count to 5") for _ in range(3)], [ask(bob, "count to 5") for _ in range(3)]
        assert {ended(generation).endpoint for generation in hers} == {self.theirs}
        assert {ended(generation).endpoint for generation in his} == {self.everybodys}
        assert {generation.text for generation in hers + his} == {numbers(5)}

    def test_a_reply_that_breaks_off_is_not_continued_on_a_server_of_others(self, alice: User, bob: User) -> None:
        hers, his = (ended(ask(person, "count to 25 cut after 10")) for person in (alice, bob))
        assert [hers.text, his.text] == [numbers(25), numbers(25)]
        assert {record["endpoint"] for record in hers.sent} == {"theirs", "everybodys"}
        assert {record["endpoint"] for record in his.sent} == {"everybodys"}

    def test_it_waits_for_its_own_server_while_that_of_others_is_idle(
        self, alice: User, bob: User, counting_server: str
    ) -> None:
        Endpoint.objects.filter(pk=self.everybodys.pk).update(url="http://127.0.0.1:9")
        set_down(self.everybodys)
        his = ask(bob, "count to 5")
        assert ended(ask(alice, "count to 5")).endpoint == self.theirs
        his.refresh_from_db()
        assert (his.state, his.attempt) == (State.QUEUED, 0)
        Endpoint.objects.filter(pk=self.everybodys.pk).update(
            url=counting_server, health=Health.HEALTHY, retry_at=None, health_reason=""
        )
        Generation.objects.update(enqueued_at=timezone.now() - timedelta(hours=1))
        reap()
        assert ended(his).endpoint == self.everybodys

    def test_people_for_whom_nothing_is_left_read_why(self, alice: User, bob: User) -> None:
        set_endpoint_state(name="everybodys", state="disabled")
        his, hers = ended(ask(bob, "count to 5")), ended(ask(alice, "count to 5"))
        assert (his.state, his.error, his.text) == (State.FAILED, NOT_ANY, "")
        assert (hers.state, hers.text) == (State.SUCCEEDED, numbers(5))

    def test_a_reply_that_wants_a_server_of_others_is_refused(self, bob: User) -> None:
        refused = ended(ask(bob, "count to 5", only=self.theirs))
        assert (refused.state, refused.error) == (State.FAILED, "Your groups may not use theirs. Ask an admin.")
        assert ended(ask(bob, "count to 5")).text == numbers(5)

    def test_tickets_do_not_multiply_while_only_others_have_room(self, alice: User, bob: User) -> None:
        set_down(self.everybodys)
        ask(bob, "count to 5")
        ended(ask(alice, "count to 5"))
        before = tickets_taken()
        for _ in range(3):
            ended(ask(alice, "count to 5"))
        wait_until(lambda: tickets_taken() >= before + 6)
        assert tickets_taken() <= before + MOST_TICKETS
