"""``/v1/completions`` with a list of prompts, as LangChain sends them: a completion each, in one answer."""

from collections import defaultdict
from typing import Any

import httpx2 as httpx
import pytest

from apps.accounts.models import User
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation, State
from tests.gateway.calls import DONE, assert_refused, ended, events_in, numbers
from tests.support.services import Running

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("base")]


@pytest.fixture
def base(db: None, counting_server: str, celery_worker_process: Running) -> Endpoint:
    return add_endpoint(name="gpu-1", url=counting_server, protocol="tgi", variant="base", max_concurrency=20)


def asking(*prompts: str, **more: Any) -> dict[str, Any]:
    return {"model": "base", "prompt": list(prompts), **more}


def ids_of(answer: httpx.Response) -> list[str]:
    return answer.headers["X-Generation-Id"].split(", ")


def test_each_prompt_gets_its_completion(api: httpx.Client, alice: User) -> None:
    answer = api.post("completions", json=asking("count to 3\n", "count to 5\n", "count to 4\n", echo=True))
    content = answer.json()
    assert [choice["index"] for choice in content["choices"]] == [0, 1, 2]
    assert [choice["text"] for choice in content["choices"]] == [
        f"count to {last}\n{numbers(last)}" for last in (3, 5, 4)
    ]
    assert content["usage"]["completion_tokens"] == 12
    generations = [Generation.objects.get(pk=pk) for pk in ids_of(answer)]
    assert [generation.text for generation in generations] == [numbers(3), numbers(5), numbers(4)]
    assert content["id"] == f"cmpl-{generations[0].pk}"


def test_streams_are_told_apart_by_their_index(api: httpx.Client) -> None:
    prompts = ("count to 30 at 40 per second\n", "count to 9\n")
    asked = asking(*prompts, stream=True, stream_options={"include_usage": True})
    texts: dict[int, str] = defaultdict(str)
    reasons: dict[int, list[str]] = defaultdict(list)
    with api.stream("POST", "completions", json=asked) as answer:
        *chunks, last, done = [event["data"] for event in events_in(answer)]
    for chunk in chunks:
        (choice,) = chunk["choices"]
        texts[choice["index"]] += choice["text"]
        reasons[choice["index"]] += [choice["finish_reason"]] if choice["finish_reason"] else []
    assert texts == {0: numbers(30), 1: numbers(9)}
    assert reasons == {0: ["stop"], 1: ["stop"]}
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert (last["choices"], last["usage"]["completion_tokens"], done) == ([], 39, DONE)


@pytest.mark.parametrize("more", [{}, {"stream": True}], ids=["whole", "stream"])
def test_one_that_fails_fails_all_and_cancels_the_rest(api: httpx.Client, more: dict[str, Any]) -> None:
    prompts = ("count to 9000 at 20 per second and hold at 50\n", "count to 90, fail after 3\n")
    answer = api.post("completions", json=asking(*prompts, **more))
    assert '"code":"generation_failed"' in answer.text
    assert DONE not in answer.text
    states = [ended(Generation.objects.get(pk=pk)).state for pk in ids_of(answer)]
    assert states == [State.CANCELLED, State.FAILED]


def test_leaving_cancels_them_all(api: httpx.Client) -> None:
    asked = asking(*["count to 9000 at 20 per second and hold at 50\n"] * 3, stream=True)
    with api.stream("POST", "completions", json=asked) as answer:
        next(event for event in events_in(answer) if event["data"]["choices"][0]["text"])
    assert {ended(Generation.objects.get(pk=pk)).state for pk in ids_of(answer)} == {State.CANCELLED}


def test_all_or_none_are_started(api: httpx.Client, alice: User) -> None:
    for _ in range(98):
        Generation.objects.create(owner=alice, messages=[], state=State.QUEUED, variant="instruct")
    assert_refused(api.post("completions", json=asking(*["count to 3\n"] * 3)), 429, code="rate_limit_exceeded")
    assert Generation.objects.count() == 98
    assert len(api.post("completions", json=asking(*["count to 3\n"] * 2)).json()["choices"]) == 2


def test_sent_twice_they_are_generated_once(api: httpx.Client) -> None:
    headers = {"Idempotency-Key": "two prompts"}
    asked = asking("count to 3\n", "count to 4\n")
    first, second = (api.post("completions", json=asked, headers=headers) for _ in range(2))
    assert first.json() == second.json()
    assert ids_of(first) == ids_of(second)
    assert Generation.objects.count() == 2
    other = api.post("completions", json=asking("count to 3\n", "count to 5\n"), headers=headers)
    assert_refused(other, 400, code=None, param="Idempotency-Key")
