"""``X-Cancel-Previous``: while somebody types, each request of an editor ends the one before it."""

import httpx2 as httpx
import pytest

from apps.accounts.models import User
from apps.endpoints.models import Endpoint
from apps.generation.models import Generation, State
from tests.gateway.calls import assert_refused, body, ended, first_text, numbers, started_stream
from tests.gateway.conftest import ApiOf

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("counting_endpoint")]

LONG = "count to 9000 at 20 per second and hold at 1000"
BUFFER = {"X-Cancel-Previous": "main.py"}


def generation_of(answer: httpx.Response) -> Generation:
    return Generation.objects.get(pk=answer.headers["X-Generation-Id"])


def test_the_one_before_ends(api: httpx.Client) -> None:
    first = started_stream(api, LONG, **BUFFER)
    rest = first_text(first)
    second = api.post("chat/completions", json=body("count to 5"), headers=BUFFER)
    assert second.json()["choices"][0]["message"]["content"] == numbers(5)
    assert ended(generation_of(first)).state == State.CANCELLED
    reasons = [event["data"]["choices"][0]["finish_reason"] for event in rest if event["data"] != "[DONE]"]
    assert reasons[-1] == "stop"
    assert generation_of(second).state == State.SUCCEEDED
    third = api.post("chat/completions", json=body("count to 6"), headers=BUFFER)
    assert third.status_code == 200
    assert generation_of(second).state == State.SUCCEEDED, "one that is over stays as it is"


def test_others_go_on(api: httpx.Client, api_of: ApiOf, bob: User) -> None:
    streams = [started_stream(api, LONG), started_stream(api, LONG, **{"X-Cancel-Previous": "other.py"})]
    streams.append(started_stream(api_of(bob), LONG, **BUFFER))
    kept = [first_text(stream) for stream in streams]
    api.post("chat/completions", json=body("count to 2"), headers=BUFFER)
    api.post("chat/completions", json=body("count to 2"))
    assert [generation_of(stream).state for stream in streams] == [State.RUNNING] * 3
    assert all(next(rest) for rest in kept)
    for stream in streams:
        stream.close()


def test_its_slot_is_free_at_once(api: httpx.Client, alice: User) -> None:
    """The limit of a person and the only slot of a server are no obstacles for the request that replaces."""
    Endpoint.objects.update(max_concurrency=1)
    first = started_stream(api, LONG, **BUFFER)
    rest = first_text(first)
    for _ in range(99):
        Generation.objects.create(owner=alice, messages=[], state=State.QUEUED, variant="base")
    second = api.post("chat/completions", json=body("count to 3"), headers=BUFFER)
    assert second.json()["choices"][0]["message"]["content"] == numbers(3)
    assert list(rest)


def test_a_value_that_is_too_long_is_refused(api: httpx.Client) -> None:
    answer = api.post("chat/completions", json=body("count to 3"), headers={"X-Cancel-Previous": "x" * 256})
    assert_refused(answer, 400, code=None, param="X-Cancel-Previous")
    assert not Generation.objects.exists()
