"""Generations through the real path: Postgres, Celery over Valkey, a worker, a model server, the event log."""

import asyncio
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from apps.accounts.models import User
from apps.embedded.ports import free_port
from apps.endpoints.models import Endpoint, Observation
from apps.endpoints.services import add_endpoint, set_endpoint_state
from apps.endpoints.slots import running_counts
from apps.generation.log import store
from apps.generation.models import Generation, State
from apps.generation.services.cancel import cancel_generation
from apps.generation.services.enqueue import enqueue
from apps.stores.redis import sync_client
from apps.stores.threads import in_thread
from tests.generation.conftest import ask, numbers
from tests.support.counting_chat import chunk
from tests.support.scripted_server import ScriptedServer, release
from tests.support.services import Running
from tests.support.wire import event, whole

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("celery_worker_process")]

PATIENCE = 60.0  # seconds


def wait_until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up, "it did not come true in time"
        time.sleep(0.02)


def ended(generation: Generation) -> Generation:
    def is_over() -> bool:
        generation.refresh_from_db()
        return generation.is_over

    wait_until(is_over)
    return generation


def shown(generation: Generation) -> str:
    return store.read_log(generation.pk).text


def test_a_reply_is_streamed_and_stored(alice: User, counting_endpoint: Endpoint) -> None:
    generation = ended(ask(alice, "count to 300"))
    assert (generation.state, generation.error) == (State.SUCCEEDED, "")
    assert generation.text == numbers(300)
    assert generation.text_length == len(generation.text)
    assert generation.finish_reason == "stop"
    assert (generation.prompt_tokens, generation.completion_tokens) == (10, 300)
    assert generation.endpoint == counting_endpoint
    assert generation.created_at < generation.started_at < generation.first_token_at <= generation.ended_at  # type: ignore[operator]
    events = store.read_log(generation.pk)
    assert events.text == generation.text
    assert events.ended is not None
    assert events.ended.usage == {"prompt_tokens": 10, "completion_tokens": 300}


def test_fifty_at_once_all_end_right(alice: User, counting_endpoint: Endpoint) -> None:
    generations = [ask(alice, f"count to {100 + number} at 200 per second") for number in range(50)]
    for number, generation in enumerate(generations):
        assert ended(generation).text == numbers(100 + number)


def test_a_task_delivered_three_times_runs_once(alice: User, counting_endpoint: Endpoint) -> None:
    generation = ask(alice, "count to 50 at 100 per second")
    enqueue([generation.pk, generation.pk])
    assert ended(generation).text == numbers(50)
    assert generation.attempt == 1


def test_checkpoints_are_saved_while_it_runs(alice: User, counting_endpoint: Endpoint) -> None:
    generation = ask(alice, "count to 9000 at 100 per second and hold at 1000")

    def has_checkpoint() -> bool:
        generation.refresh_from_db()
        return generation.text_length > 0

    wait_until(has_checkpoint)
    assert generation.state == State.RUNNING
    assert numbers(9000).startswith(generation.text)
    assert shown(generation).startswith(generation.text)
    cancel_generation(generation_id=generation.pk)


async def test_stop_closes_the_connection_and_freezes_the_text(alice: User, scripted_server: ScriptedServer) -> None:
    def start() -> Generation:
        add_endpoint(name="scripted", url=scripted_server.url, protocol="openai", variant="instruct")
        return ask(alice, "count to 100000 at 100 per second and hold at 1000")

    generation = await in_thread(start)()
    request = await asyncio.wait_for(scripted_server.request(), PATIENCE)
    await asyncio.to_thread(wait_until, lambda: len(shown(generation)) > 50)
    assert await in_thread(cancel_generation)(generation_id=generation.pk)
    at_stop = shown(generation)
    await asyncio.wait_for(request.left.wait(), PATIENCE)
    assert request.left_early
    await in_thread(generation.refresh_from_db)()
    assert generation.state == State.CANCELLED
    assert generation.text == at_stop == shown(generation)
    assert generation.completion_tokens == len(at_stop.split())
    assert generation.first_token_at is not None
    assert generation.started_at < generation.first_token_at < generation.ended_at  # type: ignore[operator]
    end = store.read_log(generation.pk).ended
    assert end is not None
    assert end.usage == {"completion_tokens": generation.completion_tokens}


@pytest.mark.parametrize("failure", ["fail", "cut", "reset"])
def test_a_stream_that_breaks_is_continued(alice: User, counting_endpoint: Endpoint, failure: str) -> None:
    generation = ended(ask(alice, f"count to 25 {failure} after 10"))
    assert (generation.state, generation.error) == (State.SUCCEEDED, "")
    assert generation.text == numbers(25) == shown(generation)
    assert generation.completion_tokens == 25


def test_many_replies_that_one_server_breaks_off_at_once_all_go_on(alice: User, counting_endpoint: Endpoint) -> None:
    generations = [ask(alice, "count to 40 at 50 per second reset at 25") for _ in range(12)]
    for generation in generations:
        assert (ended(generation).state, generation.error) == (State.SUCCEEDED, "")
        assert generation.text == numbers(40) == shown(generation)


def test_streams_that_keep_breaking_fail_and_keep_their_text(
    alice: User, counting_endpoint: Endpoint, settings: Any
) -> None:
    generation = ended(ask(alice, "count to 100 cut after 5"))
    assert generation.state == State.FAILED
    assert generation.text == numbers(5 * settings.GENERATION_MAX_STREAMS) == shown(generation)
    assert generation.error.endswith(".")


def test_another_endpoint_continues_what_one_began(
    alice: User, counting_endpoint: Endpoint, counting_server: str
) -> None:
    add_endpoint(name="second", url=counting_server, protocol="openai", variant="instruct")
    generation = ended(ask(alice, "count to 15 cut after 10"))
    assert generation.text == numbers(15)
    assert generation.endpoint is not None
    assert Observation.objects.filter(ok=True).get().endpoint == generation.endpoint
    assert Observation.objects.filter(ok=False).get().endpoint != generation.endpoint


def test_a_dead_endpoint_is_passed_over(alice: User, counting_endpoint: Endpoint) -> None:
    add_endpoint(name="dead", url=f"http://127.0.0.1:{free_port()}", protocol="openai", variant="instruct", priority=9)
    generation = ended(ask(alice, "count to 5"))
    assert (generation.text, generation.endpoint) == (numbers(5), counting_endpoint)


def test_an_overloaded_server_makes_it_wait(alice: User, counting_endpoint: Endpoint) -> None:
    generation = ask(alice, "overloaded")

    def was_refused_often() -> bool:
        return Observation.objects.filter(error_kind="Overloaded").count() >= 3

    wait_until(was_refused_often)
    generation.refresh_from_db()
    assert not generation.is_over
    assert cancel_generation(generation_id=generation.pk)


def test_more_than_fit_wait_for_a_slot(alice: User, counting_server: str) -> None:
    add_endpoint(name="narrow", url=counting_server, protocol="openai", variant="instruct", max_concurrency=2)
    question = "count to 60 at 100 per second and hold at 50"
    generations = [ask(alice, question) for _ in range(6)]
    wait_until(lambda: Generation.objects.filter(state=State.RUNNING).count() == 2)
    release(counting_server, [question])
    most = 0

    def all_over() -> bool:
        nonlocal most
        states = list(Generation.objects.values_list("state", flat=True))
        most = max(most, states.count(State.RUNNING))
        return not {State.QUEUED, State.RUNNING}.intersection(states)

    wait_until(all_over)
    assert most == 2
    ends = [ended(generation).ended_at for generation in generations]
    assert all(generation.text == numbers(60) for generation in generations)
    assert max(filter(None, ends[:2])) < min(filter(None, ends[4:]))


def test_without_an_endpoint_it_fails_with_a_sentence(alice: User) -> None:
    generation = ended(ask(alice, "count to 3"))
    assert generation.state == State.FAILED
    assert "nstruct" in generation.error


def test_a_disabled_endpoint_is_not_used(alice: User, counting_endpoint: Endpoint) -> None:
    set_endpoint_state(name=counting_endpoint.name, state="disabled")
    assert ended(ask(alice, "count to 3")).state == State.FAILED


async def test_characters_that_postgres_cannot_store_are_replaced(alice: User, scripted_server: ScriptedServer) -> None:
    events = [event(chunk("a\0b")), event(chunk("", "stop")), b"data: [DONE]\n\n"]
    scripted_server.answer(*whole(200, b"".join(events), "text/event-stream"))

    def run() -> Generation:
        add_endpoint(name="scripted", url=scripted_server.url, protocol="openai", variant="instruct")
        return ended(ask(alice, "say something odd"))

    generation = await in_thread(run)()
    assert (generation.state, generation.text) == (State.SUCCEEDED, "a\N{REPLACEMENT CHARACTER}b")


def test_a_task_for_nothing_is_harmless(alice: User, counting_endpoint: Endpoint) -> None:
    enqueue([uuid4()])
    assert ended(ask(alice, "count to 3")).text == "1 2 3"


def test_the_worker_continues_a_partial_reply(
    alice: User, counting_endpoint: Endpoint, celery_worker_process: Running
) -> None:
    generation = ask(alice, "count to 30")
    ended(generation)
    Generation.objects.filter(pk=generation.pk).update(
        state=State.QUEUED, text=numbers(12), text_length=len(numbers(12)), ended_at=None, attempt=4
    )
    sync_client().delete(*store.keys(generation.pk))
    enqueue([generation.pk])
    assert ended(generation).text == numbers(30) == shown(generation)
    assert generation.attempt == 5


@pytest.mark.parametrize(
    "text", ["count to 5", "count to 9 cut after 5", "overloaded", "count to 9999 at 50 per second and hold at 1000"]
)
def test_a_slot_is_free_again_however_it_ends(alice: User, counting_endpoint: Endpoint, text: str) -> None:
    generation = ask(alice, text)

    def had_a_slot() -> bool:
        generation.refresh_from_db()
        return generation.attempt > 0

    wait_until(had_a_slot)
    if text in {"overloaded", "count to 9999 at 50 per second and hold at 1000"}:
        cancel_generation(generation_id=generation.pk)
    ended(generation)
    wait_until(lambda: running_counts([counting_endpoint.pk]) == {counting_endpoint.pk: 0})
