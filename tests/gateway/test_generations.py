"""``/v1/generations/<id>``: looked at, followed from any offset, cancelled; by its owner only."""

import time
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx2 as httpx
import pytest

from apps.accounts.models import User
from apps.endpoints.models import Endpoint
from apps.generation import live_connections
from apps.generation.log import store
from apps.generation.models import Generation, State
from apps.generation.services.write_positions import write_positions
from apps.stores.redis import sync_client
from tests.gateway.calls import (
    DONE,
    assert_refused,
    body,
    ended,
    events_in,
    first_text,
    held_count,
    numbers,
    started_stream,
)
from tests.gateway.conftest import ApiOf
from tests.support.scripted_server import release

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("counting_endpoint")]


def answered(api: httpx.Client, text: str) -> str:
    response = api.post("chat/completions", json=body(text))
    assert response.status_code == 200
    return str(response.headers["X-Generation-Id"])


def followed(api: httpx.Client, generation_id: str, after: str = "", **headers: str) -> list[dict[str, Any]]:
    with api.stream("GET", f"generations/{generation_id}/events{after}", headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["Content-Type"] == "text/event-stream"
        assert response.headers["X-Accel-Buffering"] == "no"
        assert response.headers["X-Generation-Id"] == generation_id
        return list(events_in(response))


def text_of(events: list[dict[str, Any]], *, start: int) -> str:
    """The text, once it is proved that every piece begins where the one before it ended."""
    text = ""
    for event in events:
        if event.get("event") == "delta":
            assert event["data"]["offset"] == start + len(text)
            text += event["data"]["text"]
            assert int(event["id"]) == start + len(text)
    return text


def test_a_generation_that_is_over(api: httpx.Client) -> None:
    generation_id = answered(api, "count to 20")
    shown = api.get(f"generations/{generation_id}").json()
    timings = shown.pop("timings")
    assert shown == {
        "id": generation_id,
        "object": "generation",
        "state": "succeeded",
        "task": "chat",
        "variant": "instruct",
        "endpoint": "counting",
        "text": numbers(20),
        "offset": len(numbers(20)),
        "finish_reason": "stop",
        "usage": {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30},
        "error": None,
    }
    assert timings["created_at"] < timings["started_at"] < timings["first_token_at"] <= timings["ended_at"]
    assert timings["seconds_to_first_token"] > 0


def test_events_of_a_running_generation(api: httpx.Client) -> None:
    question = held_count(100)
    with (
        closing(started_stream(api, question)) as running,
        api.stream("GET", f"generations/{running.headers['X-Generation-Id']}/events") as response,
    ):
        events = []
        for event in events_in(response):
            events.append(event)
            if event.get("event") == "delta":
                release(Endpoint.objects.get().url, [question])
    assert events[0]["event"] == "state"
    assert events[0]["data"].keys() == {"state", "position"}
    assert text_of(events, start=0) == numbers(100)
    assert len([event for event in events if event["event"] == "delta"]) > 1
    assert [event["event"] for event in events].count("end") == 1
    assert events[-1]["data"] == {
        "state": "succeeded",
        "finish_reason": "stop",
        "usage": {"prompt_tokens": 10, "completion_tokens": 100, "total_tokens": 110},
        "error": None,
    }


def test_events_of_a_waiting_generation_tell_its_position(api: httpx.Client) -> None:
    Endpoint.objects.update(max_concurrency=1)
    with closing(started_stream(api, "count to 9000 at 50 per second and hold at 1000")) as first:
        chunks = first_text(first)
        with closing(started_stream(api, "count to 5")) as second:
            generation_id = second.headers["X-Generation-Id"]
            assert write_positions() == 1
            with api.stream("GET", f"generations/{generation_id}/events") as response:
                events = events_in(response)
                states = [next(events), next(events)]
                assert [state["data"] for state in states] == [
                    {"state": "queued", "position": None},
                    {"state": "queued", "position": 1},
                ]
                assert next(chunks)
                first.close()
                assert text_of(list(events), start=0) == numbers(5)


@pytest.mark.parametrize("log", ["kept", "gone"])
@pytest.mark.parametrize("offset", [0, 1, 17, len(numbers(30)), len(numbers(30)) + 5])
def test_events_go_on_from_any_offset(api: httpx.Client, offset: int, log: str) -> None:
    generation_id = answered(api, "count to 30")
    if log == "gone":
        generation = Generation.objects.get()
        assert sync_client().delete(*store.keys(generation.pk)) == 2
    events = followed(api, generation_id, f"?after={offset}")
    assert text_of(events, start=offset) == numbers(30)[offset:]
    assert events[-1]["data"]["state"] == "succeeded"
    assert events[-1]["data"]["usage"]["completion_tokens"] == 30


def test_the_last_event_id_is_newer_than_the_address(api: httpx.Client) -> None:
    generation_id = answered(api, "count to 30")
    events = followed(api, generation_id, "?after=3", **{"Last-Event-ID": "20"})
    assert text_of(events, start=20) == numbers(30)[20:]


def test_a_caller_that_was_cut_off_resumes(api: httpx.Client) -> None:
    response = started_stream(api, "count to 150 at 100 per second", **{"X-On-Disconnect": "continue"})
    text = ""
    for event in events_in(response):
        text += event["data"]["choices"][0]["delta"].get("content", "")
        if len(text) > 30:
            break
    response.close()
    events = followed(api, response.headers["X-Generation-Id"], f"?after={len(text)}")
    assert text + text_of(events, start=len(text)) == numbers(150)


@pytest.mark.parametrize("offset", ["-1", "x", "1.5", "9" * 30, "²"])
def test_a_wrong_offset_is_refused(api: httpx.Client, offset: str) -> None:
    generation_id = answered(api, "count to 3")
    response = api.get(f"generations/{generation_id}/events", params={"after": offset})
    assert_refused(response, 400, code=None, param="after")


def test_cancel_ends_it_for_everybody(api: httpx.Client) -> None:
    with closing(started_stream(api, "count to 9000 at 100 per second and hold at 1000")) as response:
        chunks = first_text(response)
        generation_id = response.headers["X-Generation-Id"]
        cancelled = api.post(f"generations/{generation_id}/cancel").json()
        assert cancelled["state"] == "cancelled"
        assert cancelled["text"]
        assert numbers(9000).startswith(cancelled["text"])
        assert [chunk["data"] for chunk in chunks][-1] == DONE
    events = followed(api, generation_id)
    assert text_of(events, start=0) == cancelled["text"]
    assert events[-1]["data"]["state"] == "cancelled"
    assert api.get(f"generations/{generation_id}").json()["text"] == cancelled["text"]


def test_cancelling_what_is_over_changes_nothing(api: httpx.Client) -> None:
    generation_id = answered(api, "count to 3")
    assert api.post(f"generations/{generation_id}/cancel").json()["state"] == "succeeded"
    assert Generation.objects.get().state == State.SUCCEEDED


def test_a_stranger_gets_404(api: httpx.Client, api_of: ApiOf, charlie: User) -> None:
    stranger = api_of(charlie)
    with closing(started_stream(api, "count to 9000 at 50 per second and hold at 1000")) as response:
        generation_id = response.headers["X-Generation-Id"]
        assert api.get(f"generations/{generation_id}").status_code == 200
        assert_refused(stranger.get(f"generations/{generation_id}"), 404, code="not_found")
        assert_refused(stranger.get(f"generations/{generation_id}/events"), 404, code="not_found")
        assert_refused(stranger.post(f"generations/{generation_id}/cancel"), 404, code="not_found")
        assert not Generation.objects.get().is_over
    assert ended(Generation.objects.get()).state == State.CANCELLED


def test_no_such_generation(api: httpx.Client) -> None:
    assert_refused(api.get(f"generations/{uuid4()}"), 404, code="not_found")


def test_an_offset_beyond_the_end_of_what_runs(api: httpx.Client) -> None:
    """It never comes, but the end does."""
    with closing(started_stream(api, "count to 40 at 100 per second")) as running:
        events = followed(api, running.headers["X-Generation-Id"], "?after=100000")
    assert [event["event"] for event in events] == ["state", "end"] or text_of(events, start=0) == ""
    assert events[-1]["data"]["state"] == "succeeded"
    assert events[-1]["data"]["usage"]["completion_tokens"] == 40


def test_a_persons_event_streams_are_counted(api: httpx.Client, api_of: ApiOf, alice: User, charlie: User) -> None:
    generation_id = answered(api, "count to 3")
    places = {f"place {number}": time.time() + 60 for number in range(50)}
    sync_client().zadd(live_connections.keys(alice.pk)[0], places)
    refused = api.get(f"generations/{generation_id}/events")
    assert "50 live pages" in assert_refused(refused, 429, code="rate_limit_exceeded")
    assert int(refused.headers["Retry-After"]) >= 1
    other = api_of(charlie)
    assert followed(other, answered(other, "count to 3"))[-1]["data"]["state"] == "succeeded"
    sync_client().delete(live_connections.keys(alice.pk)[0])
    assert followed(api, generation_id)[-1]["data"]["state"] == "succeeded"
