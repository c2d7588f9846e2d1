"""The machine that ``test_any_order`` drives: generations, the attempts at them, and one reader of each."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from apps.accounts.models import User
from apps.endpoints.health.absence import Wanted
from apps.endpoints.models import Endpoint, Health
from apps.generation.errors import GenerationComplete, TooManyAtOnce
from apps.generation.log import store
from apps.generation.models import Generation, State
from apps.generation.queue import queued_generations
from apps.generation.selectors import is_held
from apps.generation.services.cancel import CANCEL, cancel_generation
from apps.generation.services.checkpoint import Checkpoint, save_checkpoints
from apps.generation.services.claim import claim_next, endpoints_and_wishes
from apps.generation.services.ending import settle_log
from apps.generation.services.finish import Outcome, finish_generation, leave_stuck, release_generation
from apps.generation.services.resume import resume_generation
from apps.generation.services.start import start_generation
from apps.generation.services.unpin import unpin_generation
from apps.generation.tasks import reap
from apps.generation.worker.attempt import Attempt as WorkerAttempt
from apps.generation.worker.attempt import StopReason
from apps.generation.worker.log_writer import LogWriter
from apps.stores.redis import async_client, sync_client
from apps.stores.threads import in_thread
from tests.generation.life_cycle_checks import REPLY, Attempt, Watched, check, check_queue, check_stuck, in_turn

MOST = 2  # generations of one person at once
MOST_IN_ALL = 5
EVENTS = ["a reaping", "Redis is emptied", "an hour passes"]
ENDS = ["succeeds", "fails", "hands over", "waits", "waits, counted", "dies"]

any_number = st.integers(0, 99)
now_and_then = st.sampled_from([False, False, False, True])
which_endpoint = st.integers(0, 1)
wishes = st.sampled_from([None, None, 0, 1])


class LifeCycle(RuleBasedStateMachine):
    """Rules are what may happen at any moment; after each of them, everything there is to see is checked."""

    loop: asyncio.AbstractEventLoop
    people: tuple[User, User]
    endpoints: tuple[Endpoint, Endpoint]

    def __init__(self) -> None:
        super().__init__()
        self.client = async_client()
        self.writer = LogWriter(self.client, in_thread(is_held))
        self.writing = self.loop.create_task(self.writer.run_forever())
        self.watched: dict[UUID, Watched] = {}
        self.attempts: list[Attempt] = []

    def teardown(self) -> None:
        self.writing.cancel()
        self.run(asyncio.wait([self.writing]))
        self.run(self.client.aclose())
        Generation.objects.filter(owner__in=self.people).delete()
        for which in (0, 1):
            self.have_server(which, Health.HEALTHY)

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def have_server(self, which: int, health: Health, state: str = "enabled") -> None:
        retry_at = timezone.now() + timedelta(hours=1) if health == Health.DOWN else None
        endpoint = Endpoint.objects.filter(pk=self.endpoints[which].pk)
        endpoint.update(health=health, retry_at=retry_at, state=state)

    def attempt(self, number: int) -> Attempt:
        return self.attempts[number % len(self.attempts)]

    def leave(self, attempt: Attempt) -> None:
        """Let a worker leave that learned, in any way, that it lost the generation."""
        self.attempts.remove(attempt)
        if settle_log(generation_id=attempt.generation_id):
            self.watched[attempt.generation_id].settle()

    # --- people ---

    @initialize()
    def begin(self) -> None:
        for person in (0, 1, 0):
            self.ask(person, wish=None, is_taken=True)

    @precondition(lambda self: len(self.watched) < MOST_IN_ALL)
    @rule(person=st.integers(0, 1), wish=wishes, is_taken=st.booleans())
    def ask(self, person: int, *, wish: int | None, is_taken: bool) -> None:
        owner = self.people[person]
        has_room = Generation.objects.active().filter(owner=owner).count() < MOST
        try:
            generation = start_generation(owner=owner, variant="instruct", messages=[], wanted=self.wanted(wish))
        except TooManyAtOnce:
            assert not has_room
        else:
            assert has_room
            self.watched[generation.pk] = Watched()
        if is_taken:
            self.take_the_next(wish or 0, whoever=True)

    def wanted(self, wish: int | None) -> Wanted | None:
        return None if wish is None else Wanted(self.endpoints[wish].name, self.endpoints[wish].pk)

    @precondition(lambda self: self.attempts)
    @rule(which=any_number, survives=st.booleans(), log_is_lost=now_and_then)
    def stop(self, which: int, *, survives: bool, log_is_lost: bool) -> None:
        """A web process stops one; or is killed when it has, before anybody heard of it."""
        if log_is_lost:
            self.happen("Redis is emptied")
        generation_id = self.attempt(which).generation_id
        was_over = Generation.objects.get(pk=generation_id).is_over
        if survives:
            assert cancel_generation(generation_id=generation_id) != was_over
            return
        with connection.cursor() as cursor:
            cursor.execute(CANCEL, [generation_id])
            assert (cursor.fetchone() is not None) != was_over
        if not was_over:
            self.watched[generation_id].is_settled = False

    @precondition(lambda self: self.watched)
    @rule(which=any_number, wish=wishes)
    def go_on(self, which: int, wish: int | None) -> None:
        generation_id = list(self.watched)[which % len(self.watched)]
        generation = Generation.objects.get(pk=generation_id)
        has_room = Generation.objects.active().filter(owner=generation.owner).count() < MOST
        try:
            resume_generation(generation_id=generation_id, more_tokens=10, wanted=self.wanted(wish))
        except GenerationComplete:
            assert not generation.can_go_on
        except TooManyAtOnce:
            assert not has_room
        else:
            assert generation.broke_off
            self.watched[generation_id].begin_anew()

    @precondition(lambda self: self.watched)
    @rule(which=any_number)
    def let_go_anywhere(self, which: int) -> None:
        generation_id = list(self.watched)[which % len(self.watched)]
        generation = Generation.objects.get(pk=generation_id)
        waits_for_one = generation.state == State.QUEUED and generation.wanted is not None
        assert unpin_generation(generation_id=generation_id) == waits_for_one

    # --- workers ---

    @precondition(lambda self: len(self.attempts) < MOST_IN_ALL)
    @rule(place=which_endpoint, whoever=st.sampled_from([True, True, False]))
    def take_the_next(self, place: int, *, whoever: bool) -> None:
        endpoint = self.endpoints[place]
        may_run_there = [
            generation.pk
            for generation in in_turn(Generation.objects.all())
            if generation.wanted_endpoint_id == endpoint.pk or (generation.wanted is None and whoever)
        ]
        nobody_before = {item.generation_id for item in queued_generations() if item.position.number == 1}
        tried = [each.only for each in endpoints_and_wishes(variant="instruct", task="chat")[1]]
        claimed = claim_next(variant="instruct", worker="any", endpoint_id=endpoint.pk, whoever=whoever)
        assert ([claimed.pk] if claimed else []) == may_run_there[:1]
        if claimed is None:
            return
        assert claimed.wanted_endpoint_id in tried
        if whoever and claimed.wanted is None:
            assert claimed.pk in nobody_before or endpoint.pk not in tried[: tried.index(None)], "it went out of turn"
        assert claimed.attempt == self.watched[claimed.pk].attempt + 1
        opening = store.open_log(self.client, claimed.pk, attempt=claimed.attempt, checkpoint=claimed.text)
        text = self.run(opening).text
        run = WorkerAttempt.resumed(claimed.pk, attempt=claimed.attempt, text=text, saved=claimed.text_length)
        self.watched[claimed.pk].writer = claimed.attempt
        self.attempts.append(Attempt(claimed.pk, run))

    @precondition(lambda self: self.attempts)
    @rule(which=any_number, length=st.integers(1, 30))
    def write(self, which: int, length: int) -> None:
        attempt = self.attempt(which)
        held = attempt.is_held
        self.writer.append(attempt.run, REPLY[attempt.run.length : attempt.run.length + length])
        self.run(attempt.run.wait_until_appended())
        if attempt.run.stopped is None:
            assert attempt.number == self.watched[attempt.generation_id].writer, "two attempts can write"
        else:
            assert not held
            self.leave(attempt)

    @precondition(lambda self: self.attempts)
    @rule(length=st.integers(1, 30), is_saved=st.booleans())
    def all_write(self, length: int, *, is_saved: bool) -> None:
        for attempt in list(self.attempts):
            self.write(self.attempts.index(attempt), length)
            if is_saved and attempt in self.attempts:
                self.save_checkpoint(self.attempts.index(attempt))

    @precondition(lambda self: self.attempts)
    @rule(which=any_number)
    def save_checkpoint(self, which: int) -> None:
        attempt = self.attempt(which)
        run, was_held = attempt.run, attempt.is_held
        checkpoint = Checkpoint(attempt.generation_id, run.number, run.saved, run.unsaved(), run.first_token_at)
        held = bool(save_checkpoints([checkpoint]))
        assert held == was_held
        if held:
            run.mark_saved(checkpoint.text)
        else:
            run.stop(StopReason.LOST)
            self.leave(attempt)

    @precondition(lambda self: self.attempts)
    @rule(which=any_number, how=st.sampled_from(ENDS), log_is_lost=now_and_then)
    def end_an_attempt(self, which: int, how: str, *, log_is_lost: bool) -> None:
        if log_is_lost:
            self.happen("Redis is emptied")
        attempt = self.attempt(which)
        was_held, text = attempt.is_held, attempt.run.text
        held: dict[str, Any] = {"generation_id": attempt.generation_id, "attempt": attempt.number}
        match how:
            case "succeeds" | "fails":
                state = State.SUCCEEDED if how == "succeeds" else State.FAILED
                assert finish_generation(**held, outcome=Outcome(state=state, text=text)) == was_held
            case "hands over":
                assert release_generation(**held) == was_held
            case "waits" | "waits, counted":
                assert leave_stuck(**held, counts=how == "waits, counted") == was_held
            case _:
                self.attempts.remove(attempt)
                return
        self.leave(attempt)

    # --- the world ---

    @precondition(lambda self: self.attempts)
    @rule(which=any_number, is_taken=st.booleans())
    def let_a_lease_run_out(self, which: int, *, is_taken: bool) -> None:
        """Let a lease run out while its worker does not notice; another may take the generation at once."""
        running = Generation.objects.filter(pk=self.attempt(which).generation_id, state=State.RUNNING)
        running.update(lease_expires_at=Now() - timedelta(seconds=1))
        if is_taken:
            self.happen("a reaping")
            self.take_the_next(0, whoever=True)

    @rule(what=st.sampled_from(EVENTS))
    def happen(self, what: str) -> None:
        match what:
            case "a reaping":
                waited = list(Generation.objects.filter(state=State.QUEUED).values_list("pk", flat=True))
                reap()
                assert not Generation.objects.with_expired_lease().exists()
                check_stuck(Generation.objects.filter(state=State.QUEUED, pk__in=waited))
            case "Redis is emptied":
                for generation_id, watched in self.watched.items():
                    sync_client().delete(*store.keys(generation_id))
                    watched.log_was_lost = True
            case _:
                Generation.objects.update(stuck_since=F("stuck_since") - timedelta(hours=1))

    @rule(which=st.sampled_from([[0], [1], [0, 1]]), what=st.sampled_from(["down", "healthy", "disabled"]))
    def change_servers(self, which: list[int], what: str) -> None:
        for number in which:
            if what == "disabled":
                self.have_server(number, Health.HEALTHY, state="disabled")
            else:
                self.have_server(number, Health(what))

    @invariant()
    def all_is_well(self) -> None:
        generations = {generation.pk: generation for generation in Generation.objects.all()}
        for generation_id, watched in self.watched.items():
            check(generations[generation_id], watched)
        check_queue(generations.values())
