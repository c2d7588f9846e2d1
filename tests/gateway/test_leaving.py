"""A caller that leaves cancels its generation, unless it said that it may come back."""

import asyncio
import json
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection

import httpx2 as httpx
import pytest

from apps.accounts.keys.api_keys import create_api_key
from apps.accounts.models import User
from apps.embedded import programs
from apps.embedded.ports import HOST, free_port
from apps.embedded.program import Program
from apps.endpoints.models import Endpoint
from apps.gateway.callers import stopping
from apps.generation.models import Generation, State
from tests.gateway.calls import (
    PATIENCE,
    assert_refused,
    body,
    ended,
    events_in,
    first_text,
    held_count,
    numbers,
    started_stream,
    wait_until,
)
from tests.gateway.conftest import ApiOf
from tests.support.scripted_server import release
from tests.support.services import Running

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("counting_endpoint")]


def test_leaving_a_stream_cancels(api: httpx.Client) -> None:
    response = started_stream(api, "count to 9000 at 100 per second and hold at 1000")
    rest = first_text(response)
    generation = Generation.objects.get(pk=response.headers["X-Generation-Id"])
    assert generation.state == State.RUNNING
    assert next(rest)
    response.close()
    assert ended(generation).state == State.CANCELLED
    text = api.get(f"generations/{generation.pk}").json()["text"]
    assert text
    assert numbers(9000).startswith(text)


def test_leaving_a_stream_that_may_go_on(api: httpx.Client) -> None:
    response = started_stream(api, "count to 60 at 50 per second", **{"X-On-Disconnect": "continue"})
    assert next(first_text(response))
    response.close()
    generation = ended(Generation.objects.get(pk=response.headers["X-Generation-Id"]))
    assert (generation.state, generation.text) == (State.SUCCEEDED, numbers(60))


def leave_before_the_reply(api: httpx.Client, text: str, **headers: str) -> Generation:
    """Ask for a whole reply, and close the connection as soon as its generation is there."""
    address = api.base_url
    with closing(HTTPConnection(address.host, address.port, timeout=60)) as connection:
        sent = {**api.headers, "Content-Type": "application/json", **headers}
        connection.request("POST", f"{address.path}chat/completions", json.dumps(body(text)), sent)
        wait_until(Generation.objects.exists)
    return Generation.objects.get()


def test_leaving_before_the_reply_cancels(api: httpx.Client) -> None:
    assert (
        ended(leave_before_the_reply(api, "count to 9000 at 50 per second and hold at 1000")).state == State.CANCELLED
    )


def test_leaving_before_the_reply_that_may_go_on(api: httpx.Client) -> None:
    left = leave_before_the_reply(api, "count to 80 at 50 per second", **{"X-On-Disconnect": "continue"})
    assert ended(left).state == State.SUCCEEDED


def test_leaving_the_queue_cancels(api: httpx.Client, counting_endpoint: Endpoint) -> None:
    Endpoint.objects.update(max_concurrency=1)
    first = started_stream(api, "count to 9000 at 50 per second and hold at 1000")
    rest = first_text(first)
    second = started_stream(api, "count to 5")
    waiting = Generation.objects.get(pk=second.headers["X-Generation-Id"])
    assert waiting.state == State.QUEUED
    second.close()
    assert ended(waiting).state == State.CANCELLED
    running = Generation.objects.get(pk=first.headers["X-Generation-Id"])
    assert running.state == State.RUNNING
    assert next(rest)
    first.close()
    assert ended(running).state == State.CANCELLED


@pytest.fixture
def web(run_program: Callable[[Program], Running], alice: User) -> Iterator[tuple[Running, httpx.Client]]:
    """A web process of the test's own, to be stopped, and Alice's client of it."""
    port = free_port()
    running = run_program(programs.web(port))
    headers = {"Authorization": f"Bearer {create_api_key(username='alice')}"}
    with httpx.Client(base_url=f"http://{HOST}:{port}/v1/", headers=headers, timeout=60) as client:
        running.wait_until(lambda: _answers(client))
        yield running, client


def assert_completed(generation: Generation, question: str) -> None:
    """The reply was under way all the time, and is whole once it is let go."""
    generation.refresh_from_db()
    assert generation.state == State.RUNNING
    release(Endpoint.objects.get().url, [question])
    assert (ended(generation).state, generation.text) == (State.SUCCEEDED, numbers(300))


def test_a_web_process_that_stops_leaves_streams_alone(web: tuple[Running, httpx.Client]) -> None:
    process, api = web
    question = held_count(300)
    response = started_stream(api, question)
    rest = first_text(response)
    process.stop()
    with pytest.raises(httpx.TransportError):
        list(rest)
    assert_completed(Generation.objects.get(pk=response.headers["X-Generation-Id"]), question)


def test_a_web_process_that_stops_tells_who_waits_where_the_reply_will_be(
    web: tuple[Running, httpx.Client], api_of: ApiOf, alice: User
) -> None:
    process, api = web
    question = held_count(300)
    with ThreadPoolExecutor(1) as threads:
        asking = threads.submit(api.post, "chat/completions", json=body(question))
        wait_until(lambda: any(generation.text_length > 80 for generation in Generation.objects.all()))
        process.stop()
    refused = asking.result()
    assert_refused(refused, 503, code="server_stopping")
    assert refused.headers["X-Should-Retry"] == "false"
    generation = Generation.objects.get(pk=refused.headers["X-Generation-Id"])
    assert_completed(generation, question)
    with api_of(alice).stream("GET", f"generations/{generation.pk}/events") as events:
        text = "".join(event["data"]["text"] for event in events_in(events) if event.get("event") == "delta")
    assert text == numbers(300)


async def test_a_reply_that_is_nearly_complete_is_given_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "GRACE_SECONDS", PATIENCE)
    monkeypatch.setattr(stopping, "_told", threading.Event())
    monkeypatch.setattr(stopping, "_notice_stop_signals", lambda: None)
    last_token = asyncio.Event()

    async def reply() -> str:
        await last_token.wait()
        return "the whole reply"

    answering = asyncio.create_task(stopping.unless_stopping(reply()))
    await asyncio.sleep(0)
    stop = stopping._noting(lambda *_: None)  # noqa: SLF001 (as the server's own handler is wrapped)
    stop(signal.SIGTERM, None)
    await asyncio.sleep(0)
    assert not answering.done()
    last_token.set()
    assert await answering == "the whole reply"


def _answers(api: httpx.Client) -> bool:
    try:
        return api.get("models").status_code == 200
    except httpx.TransportError:
        return False


def test_leaving_the_events_leaves_the_generation_alone(api: httpx.Client) -> None:
    with api.stream(
        "POST", "chat/completions", json=body("count to 9000 at 50 per second and hold at 1000", stream=True)
    ) as response:
        rest = first_text(response)
        generation = Generation.objects.get(pk=response.headers["X-Generation-Id"])
        with api.stream("GET", f"generations/{generation.pk}/events") as events:
            assert next(events_in(events))["event"] == "state"
        wait_until(lambda: Generation.objects.get(pk=generation.pk).text_length > 100)
        assert Generation.objects.get(pk=generation.pk).state == State.RUNNING
        assert next(rest)
    assert ended(generation).state == State.CANCELLED
