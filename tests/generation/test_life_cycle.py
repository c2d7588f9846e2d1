"""A generation is run by one worker at a time and ends exactly once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from celery.signals import after_task_publish
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from apps.accounts.models import User
from apps.generation.log import store
from apps.generation.models import Generation, State
from apps.generation.services.cancel import cancel_generation
from apps.generation.services.checkpoint import Checkpoint, save_checkpoints
from apps.generation.services.claim import claim_next
from apps.generation.services.enqueue import TASK_NAME
from apps.generation.services.finish import Outcome, finish_generation, release_generation
from apps.generation.services.reap import reap_generations
from apps.generation.services.start import start_generation
from apps.stores.redis import async_client
from tests.generation.conftest import ask

pytestmark = pytest.mark.django_db


def claim(generation: Generation) -> Generation:
    """Claim it: for tests in which nothing else waits."""
    claimed = claim_next(variant="instruct", worker="one")
    assert claimed == generation
    return claimed


def expire_lease(generation: Generation) -> None:
    Generation.objects.filter(pk=generation.pk).update(lease_expires_at=Now() - timedelta(seconds=1))


@pytest.fixture
def tickets() -> Iterator[list[str]]:
    """The names of the tasks that are sent from now on; a worker of other tests may take them at once."""
    sent: list[str] = []

    def note(sender: str, **_: Any) -> None:
        sent.append(sender)

    after_task_publish.connect(note)
    yield sent
    after_task_publish.disconnect(note)


def test_a_generation_is_claimed_once(alice: User) -> None:
    generation = ask(alice, "count")
    assert claim(generation).attempt == 1
    assert claim_next(variant="instruct", worker="two") is None


def test_each_variant_has_a_queue_of_its_own(alice: User) -> None:
    generation = ask(alice, "count")
    assert claim_next(variant="base", worker="one") is None
    claim(generation)


def test_everybody_has_a_first_turn_before_anybody_has_a_second(alice: User, bob: User, charlie: User) -> None:
    alices = [ask(alice, "count") for _ in range(4)]
    bobs = [ask(bob, "count") for _ in range(2)]
    charlies = [ask(charlie, "count")]
    order = [claim_next(variant="instruct", worker="one") for _ in range(7)]
    assert order == [alices[0], bobs[0], charlies[0], alices[1], bobs[1], alices[2], alices[3]]


def test_what_a_person_has_running_counts_as_a_turn(alice: User, bob: User) -> None:
    claim(ask(alice, "count"))
    alices, bobs = ask(alice, "count"), ask(bob, "count")
    assert [claim_next(variant="instruct", worker="one") for _ in range(2)] == [bobs, alices]


def test_the_task_is_sent_when_the_transaction_commits(
    alice: User, tickets: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        ask(alice, "count")
        assert tickets == []
    assert tickets == [TASK_NAME]


def test_one_generation_per_idempotency_key(alice: User, bob: User) -> None:
    key = uuid4()
    messages = [{"role": "user", "content": "count"}]
    start_generation(owner=alice, variant="instruct", messages=messages, idempotency_key=key)
    start_generation(owner=bob, variant="instruct", messages=messages, idempotency_key=key)
    with pytest.raises(IntegrityError), transaction.atomic():
        start_generation(owner=alice, variant="instruct", messages=messages, idempotency_key=key)


def test_it_ends_once(alice: User) -> None:
    generation = claim(ask(alice, "count"))
    outcome = Outcome(state=State.SUCCEEDED, text="1 2", finish_reason="stop", completion_tokens=2)
    assert finish_generation(generation_id=generation.pk, attempt=1, outcome=outcome)
    assert not finish_generation(generation_id=generation.pk, attempt=1, outcome=outcome)
    assert not cancel_generation(generation_id=generation.pk)
    generation.refresh_from_db()
    assert (generation.state, generation.text, generation.text_length) == (State.SUCCEEDED, "1 2", 3)
    ended = store.read_log(generation.pk).ended
    assert ended is not None
    assert ended.state is State.SUCCEEDED


def test_an_older_attempt_cannot_finish(alice: User) -> None:
    generation = claim(ask(alice, "count"))
    assert release_generation(generation_id=generation.pk, attempt=1)
    assert claim(generation).attempt == 2
    outcome = Outcome(state=State.SUCCEEDED, text="stale")
    assert not finish_generation(generation_id=generation.pk, attempt=1, outcome=outcome)
    generation.refresh_from_db()
    assert generation.state == State.RUNNING


def test_cancelling_a_waiting_generation_ends_it(alice: User) -> None:
    generation = ask(alice, "count")
    assert cancel_generation(generation_id=generation.pk)
    assert claim_next(variant="instruct", worker="one") is None
    ended = store.read_log(generation.pk).ended
    assert ended is not None
    assert ended.state is State.CANCELLED


async def append_to_log(generation: Generation, text: str) -> None:
    client = async_client()
    await store.open_log(client, generation.pk, attempt=generation.attempt, checkpoint=text)
    await client.aclose()


def test_cancelling_keeps_what_the_log_shows(alice: User) -> None:
    from asgiref.sync import async_to_sync  # noqa: PLC0415

    generation = claim(ask(alice, "count"))
    async_to_sync(append_to_log)(generation, "1 2 3")
    assert save_checkpoints([Checkpoint(generation.pk, 1, 0, "1 2")]) == {generation.pk}
    assert cancel_generation(generation_id=generation.pk)
    generation.refresh_from_db()
    assert (generation.text, generation.text_length) == ("1 2 3", 5)


def test_checkpoints_renew_the_lease_of_those_who_hold_it(alice: User) -> None:
    held, lost, over = (claim(ask(alice, "count")) for _ in range(3))
    release_generation(generation_id=lost.pk, attempt=1)
    cancel_generation(generation_id=over.pk)
    expire_lease(held)
    checkpoints = [Checkpoint(generation.pk, 1, 0, "naïve 🦙") for generation in (held, lost, over)]
    assert save_checkpoints(checkpoints) == {held.pk}
    held.refresh_from_db()
    assert (held.text, held.text_length) == ("naïve 🦙", 7)
    assert not Generation.objects.with_expired_lease().exists()


def test_a_checkpoint_is_not_added_twice(alice: User) -> None:
    generation = claim(ask(alice, "count"))
    assert save_checkpoints([Checkpoint(generation.pk, 1, 0, "1 2")]) == {generation.pk}
    assert save_checkpoints([Checkpoint(generation.pk, 1, 0, "1 2")]) == {generation.pk}
    assert save_checkpoints([Checkpoint(generation.pk, 1, 3, "")]) == {generation.pk}
    generation.refresh_from_db()
    assert generation.text == "1 2"


def test_a_checkpoint_whose_answer_was_lost_is_completed_by_the_next(alice: User) -> None:
    generation = claim(ask(alice, "count"))
    assert save_checkpoints([Checkpoint(generation.pk, 1, 0, "naïve 🦙")]) == {generation.pk}
    assert save_checkpoints([Checkpoint(generation.pk, 1, 0, "naïve 🦙 und mehr")]) == {generation.pk}
    generation.refresh_from_db()
    assert (generation.text, generation.text_length) == ("naïve 🦙 und mehr", 16)


def test_a_checkpoint_beyond_a_gap_is_refused(alice: User) -> None:
    generation = claim(ask(alice, "count"))
    assert save_checkpoints([Checkpoint(generation.pk, 1, 0, "1 2")]) == {generation.pk}
    assert save_checkpoints([Checkpoint(generation.pk, 1, 4, "3")]) == set()
    generation.refresh_from_db()
    assert generation.text == "1 2"


def test_a_generation_whose_worker_fell_silent_goes_back_to_the_queue(alice: User, tickets: list[str]) -> None:
    silent, alive = claim(ask(alice, "count")), claim(ask(alice, "count"))
    expire_lease(silent)
    assert reap_generations() == 1
    assert tickets == [TASK_NAME]
    silent.refresh_from_db()
    alive.refresh_from_db()
    assert (silent.state, alive.state) == (State.QUEUED, State.RUNNING)


def test_it_is_given_up_after_too_many_attempts(alice: User, settings: Any) -> None:
    settings.GENERATION_MAX_ATTEMPTS = 2
    generation = ask(alice, "count")
    for _ in range(3):
        claim(generation)
        save_checkpoints([Checkpoint(generation.pk, 1, 0, "kept")])
        expire_lease(generation)
        reap_generations()
    generation.refresh_from_db()
    assert (generation.state, generation.text) == (State.FAILED, "kept")
    assert "given up" in generation.error


def test_a_lost_task_is_sent_again(alice: User, tickets: list[str], settings: Any) -> None:
    generation = ask(alice, "count")
    assert reap_generations() == 0
    overdue = timedelta(seconds=settings.GENERATION_RESEND_SECONDS + 1)
    Generation.objects.filter(pk=generation.pk).update(enqueued_at=Now() - overdue)
    assert reap_generations() == 1
    assert reap_generations() == 0
    assert tickets == [TASK_NAME]


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "lost"},
        {"state": "succeeded"},
        {"state": "running"},
        {"state": "queued", "ended_at": Now()},
    ],
)
def test_the_database_refuses_impossible_states(alice: User, fields: dict[str, Any]) -> None:
    generation = ask(alice, "count")
    with pytest.raises(IntegrityError), transaction.atomic():
        Generation.objects.filter(pk=generation.pk).update(**fields)
