"""A caller that leaves cancels its generation, unless it said that it may come back."""

from collections.abc import Callable

import httpx2 as httpx
import pytest

from apps.accounts.api_keys import create_api_key
from apps.accounts.models import User
from apps.embedded import programs
from apps.embedded.ports import HOST, free_port
from apps.embedded.program import Program
from apps.endpoints.models import Endpoint
from apps.generation.models import Generation, State
from tests.gateway.calls import body, ended, events_in, first_text, numbers, started_stream, wait_until
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


def test_a_web_process_that_stops_leaves_the_generation_alone(
    run_program: Callable[[Program], Running], alice: User
) -> None:
    port = free_port()
    web = run_program(programs.web(port))
    address = f"http://{HOST}:{port}"
    key = create_api_key(username="alice")
    with httpx.Client(base_url=f"{address}/v1/", headers={"Authorization": f"Bearer {key}"}, timeout=20) as api:
        web.wait_until(lambda: _answers(api))
        response = started_stream(api, "count to 300 at 50 per second")
        rest = first_text(response)
        web.stop()
        with pytest.raises(httpx.TransportError):
            list(rest)
    generation = Generation.objects.get(pk=response.headers["X-Generation-Id"])
    assert not generation.is_over
    assert (ended(generation).state, generation.text) == (State.SUCCEEDED, numbers(300))


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
