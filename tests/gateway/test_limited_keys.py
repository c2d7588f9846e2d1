"""Limited API keys: kinds of use, models, and figures, with what remains in the answers' headers."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx2 as httpx
import pytest

from apps.accounts.keys.api_keys import KeyLimits, issue_api_key
from apps.accounts.models import User
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation
from apps.stores.redis import sync_client
from apps.usage.models import Limit, UsageDay
from tests.gateway.calls import assert_refused, body, ended

pytestmark = pytest.mark.django_db(transaction=True)

type Limited = Callable[..., httpx.Client]


@pytest.fixture
def limited(live_asgi_server: str, alice: User, counting_endpoint: Endpoint) -> Iterator[Limited]:
    """A client with a key of alice's that has these limits."""
    clients: list[httpx.Client] = []
    for name in sync_client().scan_iter("workbench:limits:*"):  # ids of people come again in another test
        sync_client().delete(name)

    def client_with(**limits: object) -> httpx.Client:
        key = issue_api_key(owner=alice, limits=KeyLimits(**limits))  # type: ignore[arg-type]
        headers = {"Authorization": f"Bearer {key}"}
        clients.append(httpx.Client(base_url=f"{live_asgi_server}/v1/", headers=headers, timeout=60, verify=False))
        return clients[-1]

    yield client_with
    for client in clients:
        client.close()


def chat(client: httpx.Client, **more: object) -> httpx.Response:
    return client.post("chat/completions", json=body("Count to 3.", max_tokens=3, **more))


def complete(client: httpx.Client) -> httpx.Response:
    return client.post("completions", json={"model": "instruct", "prompt": "1 2 3", "max_tokens": 3})


@pytest.mark.parametrize(
    ("scopes", "chats", "completes", "lists"),
    [
        ([], True, True, True),
        (["chat"], True, False, True),
        (["completion"], False, True, True),
        (["models"], False, False, True),
        (["usage"], False, False, False),
        (["chat", "completion", "usage"], True, True, True),
    ],
)
def test_key_works_for_its_kinds_of_use_alone(
    limited: Limited, scopes: list[str], *, chats: bool, completes: bool, lists: bool
) -> None:
    client = limited(scopes=scopes)
    answers = [
        (chat(client), chats),
        (complete(client), completes),
        (client.get("models"), lists),
        (client.get("models/code-llama-instruct"), lists),
    ]
    for answer, allowed in answers:
        if allowed:
            assert answer.status_code == 200, answer.text
        else:
            assert "This API key may not" in assert_refused(answer, 403, code="key_not_allowed")


def test_key_for_a_model_knows_no_other(limited: Limited) -> None:
    add_endpoint(name="gpu-2", url="http://127.0.0.1:9", protocol="openai", variant="instruct", model_id="other-1")
    client = limited(model_names=["counting"])
    listed = {model["id"] for model in client.get("models").json()["data"]}
    assert {"counting", "code-llama-instruct"} <= listed
    assert "gpu-2" not in listed
    answer = chat(client)
    assert (answer.status_code, answer.json()["model"]) == (200, "count-1")
    pinned = Generation.objects.get(pk=answer.headers["X-Generation-Id"])
    assert pinned.wanted_name == "counting"  # no other server may answer in its place
    other = client.post("chat/completions", json=body("Count.") | {"model": "gpu-2"})
    assert "There is no model 'gpu-2'." in assert_refused(other, 404, code="model_not_found", param="model")
    assert client.get("models/gpu-2").status_code == 404
    nowhere = limited(model_names=["gone"])
    assert nowhere.get("models").json()["data"] == []
    assert_refused(chat(nowhere), 404, code="model_not_found", param="model")


def test_limited_key_sees_its_own_generations_alone(limited: Limited) -> None:
    mine, all_of_it = limited(scopes=["chat"]), limited()
    own, other = (chat(client).headers["X-Generation-Id"] for client in (mine, all_of_it))
    assert mine.get(f"generations/{own}").status_code == 200
    for address in (f"generations/{other}", f"generations/{other}/events"):
        assert_refused(mine.get(address), 404, code="not_found")
    assert_refused(mine.post(f"generations/{other}/cancel"), 404, code="not_found")
    assert all_of_it.get(f"generations/{own}").status_code == 200


@pytest.mark.parametrize("stream", [False, True])
def test_headers_say_what_remains_and_a_refusal_when_to_come_back(limited: Limited, *, stream: bool) -> None:
    client = limited(requests_per_minute=2, tokens_per_day=1000)
    first = chat(client, stream=stream)
    assert first.status_code == 200
    assert first.headers["x-ratelimit-limit-requests"] == "2"
    assert first.headers["x-ratelimit-remaining-requests"] == "1"
    assert first.headers["x-ratelimit-limit-tokens"] == "1000"
    assert first.headers["x-ratelimit-remaining-tokens"] == "1000"
    ended(Generation.objects.get(pk=first.headers["X-Generation-Id"]))
    second = chat(client, stream=stream)
    assert second.headers["x-ratelimit-remaining-requests"] == "0"
    assert int(second.headers["x-ratelimit-remaining-tokens"]) < 1000
    for refused in [chat(client, stream=stream), complete(client)]:
        sentence = assert_refused(refused, 429, code="rate_limit_exceeded")
        assert sentence.startswith("This API key has sent 2 requests within a minute")
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert client.get("models").status_code == 200
    assert Generation.objects.count() == 2


def test_tokens_of_all_keys_count_for_their_person(limited: Limited, alice: User) -> None:
    Limit.objects.create(user=alice, tokens_per_day=1)
    answer = chat(limited())
    assert answer.json()["usage"]["total_tokens"] >= 1
    refused = chat(limited(tokens_per_day=1_000_000))
    assert "You have used today’s 1 tokens" in assert_refused(refused, 429, code="rate_limit_exceeded")
    assert 1 <= int(refused.headers["Retry-After"]) <= 86_400


def test_usage_is_read_with_a_key_for_it(limited: Limited, alice: User, bob: User) -> None:
    used = chat(limited(scopes=["chat"])).json()["usage"]
    UsageDay.objects.create(day=datetime.now(UTC).date(), owner=bob, generations=1, prompt_tokens=77)
    assert_refused(limited(scopes=["chat"]).get("usage"), 403, code="key_not_allowed")
    answer = limited(scopes=["usage"], tokens_per_day=1000).get("usage", params={"days": 7}).json()
    (row,) = answer["data"]
    assert (row["person"], row["generations"], row["endpoint"]) == ("alice", 1, "counting")
    assert (row["prompt_tokens"], row["completion_tokens"]) == (used["prompt_tokens"], used["completion_tokens"])
    assert answer["limits"]["key"]["tokens_left"] == 1000
