"""However a reply ends, and whatever dies on the way, log and database keep the same text."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection

from apps.accounts.models import User
from apps.generation.log import store
from apps.generation.log.entries import Ended
from apps.generation.models import Generation, State
from apps.generation.selectors import text_so_far
from apps.generation.services.cancel import CANCEL, cancel_generation
from apps.generation.services.checkpoint import Checkpoint, save_checkpoints
from apps.generation.services.claim import claim_next
from apps.generation.services.ending import end_the_log, settle_log
from apps.generation.services.finish import Outcome, finish_generation, give_up_generation
from apps.generation.services.resume import resume_generation
from apps.stores.redis import async_client, sync_client
from tests.generation.conftest import ask

pytestmark = pytest.mark.django_db

STORED, SHOWN = "stored ", "stored and shown"


@pytest.fixture
def running(alice: User) -> Generation:
    """Its readers have seen more than the last checkpoint has."""
    ask(alice, "count")
    generation = claim_next(variant="instruct", worker="one")
    assert generation is not None
    assert save_checkpoints([Checkpoint(generation.pk, 1, 0, STORED)])
    async_to_sync(write)(generation, SHOWN)
    return generation


async def write(generation: Generation, text: str) -> None:
    client = async_client()
    await store.open_log(client, generation.pk, attempt=1, checkpoint=text)
    await client.aclose()


def stop_and_die(generation: Generation) -> None:
    """A web process is killed when it has stopped the generation, and before anybody has heard of it."""
    with connection.cursor() as cursor:
        cursor.execute(CANCEL, [generation.pk])


def assert_over(generation: Generation, state: State, text: str) -> None:
    generation.refresh_from_db()
    assert (generation.state, generation.text, generation.text_length) == (state, text, len(text))
    log = store.read_log(generation.pk)
    assert log.ended is not None
    assert (log.ended.state, log.text) == (state, text)


def test_its_worker_ends_what_a_dead_web_process_stopped(running: Generation) -> None:
    stop_and_die(running)
    assert settle_log(generation_id=running.pk)
    assert_over(running, State.CANCELLED, SHOWN)


def test_what_runs_is_not_settled(running: Generation) -> None:
    assert not settle_log(generation_id=running.pk)
    assert store.read_log(running.pk).ended is None


def test_text_is_whole_before_all_of_it_is_stored(running: Generation) -> None:
    stop_and_die(running)
    running.refresh_from_db()
    assert running.text == STORED
    assert text_so_far(running) == SHOWN


def test_continuing_goes_on_from_what_was_shown(running: Generation) -> None:
    stop_and_die(running)
    resume_generation(generation_id=running.pk, more_tokens=10)
    running.refresh_from_db()
    log = store.read_log(running.pk)
    assert (running.state, running.text, log.text, log.ended) == (State.QUEUED, SHOWN, SHOWN, None)


def test_a_stop_that_comes_late_does_not_end_what_goes_on(running: Generation) -> None:
    stop_and_die(running)
    resume_generation(generation_id=running.pk, more_tokens=10)
    end_the_log(running.pk, attempt=1, ended=Ended(State.CANCELLED), text=STORED)
    assert store.read_log(running.pk).ended is None


def test_giving_up_keeps_what_was_shown(running: Generation) -> None:
    Generation.objects.filter(pk=running.pk).update(state=State.QUEUED, lease_expires_at=None)
    assert give_up_generation(generation=running, error="It was given up.")
    assert_over(running, State.FAILED, SHOWN)


def test_an_attempt_that_knows_less_ends_with_what_was_shown(running: Generation) -> None:
    outcome = Outcome(state=State.FAILED, text=STORED, error="It broke.")
    assert finish_generation(generation_id=running.pk, attempt=1, outcome=outcome)
    assert_over(running, State.FAILED, SHOWN)


@pytest.mark.parametrize("end", ["stop", "finish"])
def test_an_end_brings_back_a_log_that_redis_lost(running: Generation, end: str) -> None:
    sync_client().delete(*store.keys(running.pk))
    ended: Any
    if end == "stop":
        ended = cancel_generation(generation_id=running.pk), State.CANCELLED, STORED
    else:
        outcome = Outcome(state=State.SUCCEEDED, text=SHOWN)
        ended = finish_generation(generation_id=running.pk, attempt=1, outcome=outcome), State.SUCCEEDED, SHOWN
    done, state, text = ended
    assert done
    assert_over(running, state, text)
