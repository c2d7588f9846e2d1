"""A caller that leaves cancels its generation, unless it said that it may come back."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2 as httpx
import pytest

from apps.accounts.api_keys import create_api_key
from apps.accounts.models import User
from apps.embedded import programs
from apps.embedded.ports import HOST, free_port
from apps.embedded.program import Program
from apps.endpoints.models import Endpoint
from apps.generation.models import Generation, State
from tests.gateway.calls import assert_refused, body, ended, events_in, first_text, numbers, started_stream, wait_until
from tests.gateway.conftest import ApiOf
from tests.support.services import Running

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("counting_endpoint")]


def test_leaving_a_stream_cancels(api: httpx.Client) -> None:
    response = started_stream(api, "count to 9000 at 100 per second")
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


def test_leaving_before_the_reply_cancels(api: httpx.Client) -> None:
    with pytest.raises(httpx.ReadTimeout):
        api.post("chat/completions", json=body("count to 9000 at 50 per second"), timeout=1)
    assert ended(Generation.objects.get()).state == State.CANCELLED


def test_leaving_before_the_reply_that_may_go_on(api: httpx.Client) -> None:
    with pytest.raises(httpx.ReadTimeout):
        api.post(
            "chat/completions",
            json=body("count to 80 at 50 per second"),
            timeout=1,
            headers={"X-On-Disconnect": "continue"},
        )
    assert ended(Generation.objects.get()).state == State.SUCCEEDED


def test_leaving_the_queue_cancels(api: httpx.Client, counting_endpoint: Endpoint) -> None:
    Endpoint.objects.update(max_concurrency=1)
    first = started_stream(api, "count to 9000 at 50 per second")
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
    with httpx.Client(base_url=f"http://{HOST}:{port}/v1/", headers=headers, timeout=20) as client:
        running.wait_until(lambda: _answers(client))
        yield running, client


def test_a_web_process_that_stops_leaves_streams_alone(web: tuple[Running, httpx.Client]) -> None:
    process, api = web
    response = started_stream(api, "count to 300 at 50 per second")
    rest = first_text(response)
    process.stop()
    with pytest.raises(httpx.TransportError):
        list(rest)
    generation = Generation.objects.get(pk=response.headers["X-Generation-Id"])
    assert not generation.is_over
    assert (ended(generation).state, generation.text) == (State.SUCCEEDED, numbers(300))


def test_a_web_process_that_stops_tells_who_waits_where_the_reply_will_be(
    web: tuple[Running, httpx.Client], api_of: ApiOf, alice: User
) -> None:
    process, api = web
    with ThreadPoolExecutor(2) as threads:
        long = threads.submit(api.post, "chat/completions", json=body("count to 300 at 50 per second"))
        short = threads.submit(api.post, "chat/completions", json=body("count to 75 at 50 per second"))
        wait_until(lambda: Generation.objects.filter(state=State.RUNNING).count() == 2)
        wait_until(lambda: all(generation.text_length > 80 for generation in Generation.objects.all()))
        process.stop()
    assert short.result().json()["choices"][0]["message"]["content"] == numbers(75)
    refused = long.result()
    assert_refused(refused, 503, code="server_stopping")
    assert refused.headers["X-Should-Retry"] == "false"
    generation = Generation.objects.get(pk=refused.headers["X-Generation-Id"])
    assert generation.state == State.RUNNING
    with api_of(alice).stream("GET", f"generations/{generation.pk}/events") as events:
        text = "".join(event["data"]["text"] for event in events_in(events) if event.get("event") == "delta")
    assert text == numbers(300)
    assert ended(generation).state == State.SUCCEEDED


def _answers(api: httpx.Client) -> bool:
    try:
        return api.get("models").status_code == 200
    except httpx.TransportError:
        return False


def test_leaving_the_events_leaves_the_generation_alone(api: httpx.Client) -> None:
    with api.stream("POST", "chat/completions", json=body("count to 9000 at 50 per second", stream=True)) as response:
        rest = first_text(response)
        generation = Generation.objects.get(pk=response.headers["X-Generation-Id"])
        with api.stream("GET", f"generations/{generation.pk}/events") as events:
            assert next(events_in(events))["event"] == "state"
        wait_until(lambda: Generation.objects.get(pk=generation.pk).text_length > 100)
        assert Generation.objects.get(pk=generation.pk).state == State.RUNNING
        assert next(rest)
    assert ended(generation).state == State.CANCELLED
