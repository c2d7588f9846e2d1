"""A server that is found to be down is not waited for any longer."""

import asyncio
from uuid import uuid4

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.endpoints.models import Endpoint, Health
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation, State
from apps.generation.worker import hang_watch
from apps.generation.worker.attempt import Attempt, StopReason
from apps.generation.worker.hang_watch import drop_hanging_streams
from apps.inference.errors import FirstTokenTimedOut
from apps.stores.threads import in_thread
from tests.generation.conftest import ask, numbers
from tests.generation.test_worker import ended
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import Wait

pytestmark = pytest.mark.django_db(transaction=True)


def add(name: str, url: str = "http://127.0.0.1:9", *, priority: int = 0) -> Endpoint:
    """A server that sends nothing before the first token, as far as we know."""
    endpoint = add_endpoint(name=name, url=url, protocol="openai", variant="instruct", priority=priority)
    Endpoint.objects.filter(pk=endpoint.pk).update(discovered={"kind": "llama.cpp"}, health=Health.HEALTHY)
    return endpoint


def found_down(endpoint: Endpoint, *, failures: int = 1) -> None:
    Endpoint.objects.filter(pk=endpoint.pk).update(
        health=Health.DOWN, consecutive_failures=failures, retry_at=timezone.now()
    )


def waiting_attempt(endpoint: Endpoint, *, failures: int = 0) -> Attempt:
    attempt = Attempt(uuid4(), 1, endpoint_id=endpoint.pk, failures=failures)
    attempt.asked_at = asyncio.get_running_loop().time() - 60
    attempt.bind(asyncio.create_task(asyncio.sleep(60)))
    return attempt


async def is_dropped(attempt: Attempt) -> None:
    async with asyncio.timeout(60):
        while attempt.dropped is None:  # noqa: ASYNC110 - nobody else wants to know
            await asyncio.sleep(0.01)


async def test_streams_from_servers_that_went_down_are_dropped(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    monkeypatch.setattr(hang_watch, "LOOK_SECONDS", 0.01)
    well, hanging, on_trial = [await in_thread(add)(name) for name in ("well", "hanging", "on trial")]
    await in_thread(found_down)(hanging)
    await in_thread(found_down)(on_trial, failures=3)
    attempts = [
        waiting_attempt(well),
        waiting_attempt(hanging),
        waiting_attempt(on_trial, failures=3),
        waiting_attempt(hanging),
    ]
    attempts[3].asked_at = None  # its text has begun to come
    looking = asyncio.create_task(drop_hanging_streams(lambda: attempts))
    await is_dropped(attempts[1])
    assert isinstance(attempts[1].dropped, FirstTokenTimedOut)
    await in_thread(found_down)(on_trial, failures=4)
    await is_dropped(attempts[2])
    looking.cancel()
    assert [attempt.dropped is None for attempt in attempts] == [True, False, False, True]
    for attempt in attempts:
        attempt.stop(StopReason.LOST)


@pytest.mark.usefixtures("celery_worker_process")
async def test_a_reply_moves_on_when_its_server_is_found_to_hang(
    alice: User, scripted_server: ScriptedServer, counting_server: str
) -> None:
    def start() -> tuple[Endpoint, Generation]:
        hanging = add("hanging", scripted_server.url, priority=9)
        add("well", counting_server)
        return hanging, ask(alice, "count to 5")

    scripted_server.answer(Wait())
    hanging, generation = await in_thread(start)()
    request = await asyncio.wait_for(scripted_server.request(), 60)
    await in_thread(found_down)(hanging)
    await asyncio.wait_for(request.left.wait(), 60)
    assert (await in_thread(ended)(generation)).text == numbers(5)
    assert generation.state == State.SUCCEEDED
