"""``Idempotency-Key``: what is sent twice is generated once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2 as httpx
import pytest

from apps.accounts.models import User
from apps.generation.models import Generation, State
from tests.gateway.calls import assert_refused, body, ended, numbers
from tests.gateway.conftest import ApiOf

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("counting_endpoint")]

ONCE = {"Idempotency-Key": "a question of Monday"}


def sent(api: httpx.Client, text: str, headers: dict[str, str] = ONCE, **more: Any) -> httpx.Response:
    return api.post("chat/completions", json=body(text, **more), headers=headers)


def test_asking_again_is_answered_alike(api: httpx.Client) -> None:
    first, second = sent(api, "count to 7"), sent(api, "count to 7")
    assert first.json() == second.json()
    assert first.json()["choices"][0]["message"]["content"] == numbers(7)
    assert first.headers["X-Generation-Id"] == second.headers["X-Generation-Id"]
    assert Generation.objects.count() == 1
    assert sent(api, "count to 7", {}).headers["X-Generation-Id"] != first.headers["X-Generation-Id"]


def test_asking_at_the_same_moment(api: httpx.Client) -> None:
    with ThreadPoolExecutor(5) as threads:
        answers = list(threads.map(lambda _: sent(api, "count to 30 at 50 per second"), range(5)))
    assert {answer.json()["choices"][0]["message"]["content"] for answer in answers} == {numbers(30)}
    assert Generation.objects.count() == 1


def test_asking_for_something_else_is_refused(api: httpx.Client) -> None:
    assert sent(api, "count to 7").status_code == 200
    for different in [sent(api, "count to 8"), sent(api, "count to 7", temperature=0.5)]:
        assert "another request" in assert_refused(different, 400, code=None, param="Idempotency-Key")
    assert Generation.objects.count() == 1


def test_what_came_to_nothing_is_done_anew(api: httpx.Client) -> None:
    with api.stream(
        "POST",
        "chat/completions",
        json=body("count to 9000 at 50 per second and hold at 1000", stream=True),
        headers=ONCE,
    ) as response:
        next(response.iter_lines())
    assert ended(Generation.objects.get()).state == State.CANCELLED
    assert sent(api, "count to 7").status_code == 200
    assert sorted(Generation.objects.values_list("state", flat=True)) == [State.CANCELLED, State.SUCCEEDED]


def test_keys_are_each_persons_own(api: httpx.Client, api_of: ApiOf, charlie: User) -> None:
    ids = {sent(who, "count to 3").headers["X-Generation-Id"] for who in (api, api_of(charlie))}
    assert len(ids) == 2


def test_too_long_a_key(api: httpx.Client) -> None:
    assert_refused(sent(api, "count to 3", {"Idempotency-Key": "x" * 256}), 400, code=None, param="Idempotency-Key")


def test_coming_back_to_a_stream(api: httpx.Client) -> None:
    headers = {**ONCE, "X-On-Disconnect": "continue"}
    with api.stream(
        "POST", "chat/completions", json=body("count to 40 at 50 per second", stream=True), headers=headers
    ) as response:
        next(response.iter_lines())
    again = sent(api, "count to 40 at 50 per second")
    assert again.json()["choices"][0]["message"]["content"] == numbers(40)
    assert ended(Generation.objects.get()).state == State.SUCCEEDED
