"""Queued generations know their position, and their readers hear when it changes."""

from copy import deepcopy
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.db.models.functions import Now
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.generation.log import store
from apps.generation.log.entries import Events, QueuePosition
from apps.generation.models import Generation, State
from apps.generation.positions import estimate
from apps.generation.queue import position_of, queued_generations
from apps.generation.services.cancel import cancel_generation
from apps.generation.services.claim import claim_next
from apps.generation.services.finish import release_generation
from apps.generation.services.reap import reap_generations
from apps.generation.services.write_positions import write_positions
from apps.generation.tasks import reap
from apps.stores.redis import async_client
from tests.generation.conftest import ask

pytestmark = pytest.mark.django_db


def claim() -> Generation:
    claimed = claim_next(variant="instruct", worker="one")
    assert claimed is not None
    return claimed


def shown(generation: Generation) -> Events:
    return store.read_log(generation.pk)


def test_every_lost_ticket_is_sent_again(alice: User) -> None:
    lost = Generation(owner=alice, messages=[], enqueued_at=timezone.now() - timedelta(hours=1))
    Generation.objects.bulk_create([deepcopy(lost) for _ in range(60)])
    assert reap_generations() == 60
    assert reap_generations() == 0


def test_positions_are_the_order_of_turns(alice: User, bob: User, charlie: User) -> None:
    for person, count in ((alice, 4), (bob, 2), (charlie, 1)):
        for _ in range(count):
            ask(person, "count")
    claim()
    while waiting := queued_generations():
        assert sorted(item.position.number for item in waiting) == list(range(1, len(waiting) + 1))
        first = next(item for item in waiting if item.position.number == 1)
        assert claim().pk == first.generation_id


def test_variants_wait_in_queues_of_their_own(alice: User) -> None:
    for_chat, for_code = ask(alice, "count"), ask(alice, "count")
    Generation.objects.filter(pk=for_code.pk).update(variant="base")
    assert [position_of(generation.pk) for generation in (for_chat, for_code)] == [QueuePosition(1), QueuePosition(1)]


def test_only_queued_generations_have_a_position(alice: User) -> None:
    running, cancelled = ask(alice, "count"), ask(alice, "count")
    assert claim() == running
    cancel_generation(generation_id=cancelled.pk)
    assert [position_of(generation.pk) for generation in (running, cancelled)] == [None, None]


def test_cancelling_one_that_waits_moves_the_others_up(alice: User) -> None:
    first, second, third = (ask(alice, "count") for _ in range(3))
    write_positions()
    assert shown(third).position == QueuePosition(3)
    assert cancel_generation(generation_id=second.pk)
    write_positions()
    assert (shown(first).position, shown(third).position) == (QueuePosition(1), QueuePosition(2))
    ended = shown(second).ended
    assert ended is not None
    assert ended.state is State.CANCELLED


def test_only_changed_positions_are_published(alice: User, bob: User) -> None:
    for _ in range(3):
        ask(alice, "count")
    assert [write_positions(), write_positions()] == [3, 0]
    ask(bob, "count")  # comes second, being his first
    assert [write_positions(), write_positions()] == [3, 0]


def test_the_reaper_tells_them(alice: User) -> None:
    generation = ask(alice, "count")
    reap()
    assert (shown(generation).state, shown(generation).position) == (State.QUEUED, QueuePosition(1))


async def open_log(generation: Generation) -> None:
    client = async_client()
    await store.open_log(client, generation.pk, attempt=generation.attempt, checkpoint="")
    await client.aclose()


def test_one_that_began_meanwhile_is_not_called_waiting(alice: User) -> None:
    ask(alice, "count")
    seen_waiting = queued_generations()
    generation = claim()
    async_to_sync(open_log)(generation)
    assert store.write_positions(seen_waiting) == 0
    assert (shown(generation).state, shown(generation).position) == (State.RUNNING, None)


def test_a_requeued_generation_gets_its_position_again(alice: User) -> None:
    ask(alice, "count")
    write_positions()
    generation = claim()
    async_to_sync(open_log)(generation)
    release_generation(generation_id=generation.pk, attempt=1)
    assert shown(generation).position is None
    assert write_positions() == 1
    assert shown(generation).position == QueuePosition(1)


def took(owner: User, seconds: int) -> None:
    """One that ended just now, having run for so long."""
    generation = ask(owner, "count")
    Generation.objects.filter(pk=generation.pk).update(
        state=State.SUCCEEDED, started_at=Now() - timedelta(seconds=seconds), ended_at=Now()
    )


def test_estimate_comes_from_how_long_the_latest_took(alice: User, bob: User) -> None:
    ask(alice, "count")
    ask(alice, "count")
    assert claim().owner == alice
    assert claim().owner == alice  # two run at once
    first, second = ask(bob, "count"), ask(bob, "count")
    took(bob, 17)
    took(bob, 18)
    assert position_of(second.pk) == QueuePosition(2), "two say too little"
    took(bob, 19)
    assert [position_of(first.pk), position_of(second.pk)] == [QueuePosition(1, 10), QueuePosition(2, 20)]


def test_while_nothing_runs_there_is_no_estimate(alice: User, bob: User) -> None:
    for _ in range(3):
        took(bob, 18)
    assert position_of(ask(alice, "count").pk) == QueuePosition(1)


@given(position=st.integers(1, 10_000), seconds_each=st.floats(0.001, 3600))
def test_estimate_is_rounded_up_and_never_nothing(position: int, seconds_each: float) -> None:
    guessed = estimate(position, seconds_each)
    assert guessed is not None
    assert guessed > 0
    assert position * seconds_each <= guessed + 1e-6
    assert guessed <= max(5, 2 * position * seconds_each + 5)
