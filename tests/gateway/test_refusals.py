"""Refusals of the API: one shape, the right status."""

from contextlib import closing
from datetime import timedelta
from typing import Any

import httpx2 as httpx
import pytest
from django.conf import settings
from django.utils import timezone

from apps.accounts.models import ApiKey, User
from apps.endpoints.models import Endpoint, Health
from apps.generation.models import Generation, State
from apps.generation.services.enqueue import enqueue
from tests.gateway.calls import assert_refused, body, events_in, started_stream

pytestmark = [pytest.mark.django_db(transaction=True)]

ADDRESSES = ["models", "chat/completions", "completions", "generations/0199aaaa-0000-7000-8000-000000000000", "nothing"]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("given", [None, "Bearer clw_wrong", "Bearer", "Basic YWxpY2U6eA=="])
def test_without_a_key_nothing_is_answered(live_asgi_server: str, address: str, given: str | None) -> None:
    headers = {"Authorization": given} if given else {}
    response = httpx.get(f"{live_asgi_server}/v1/{address}", headers=headers)
    assert_refused(response, 401, code="invalid_api_key")
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_revoked_key_is_refused_at_once(api: httpx.Client) -> None:
    assert api.get("models").status_code == 200
    ApiKey.objects.update(revoked_at=timezone.now())
    assert_refused(api.get("models"), 401, code="invalid_api_key")


def test_a_session_is_no_key(api: httpx.Client, live_asgi_server: str, alice: User, client: Any) -> None:
    client.force_login(alice)
    cookies = {"sessionid": client.cookies["sessionid"].value}
    assert httpx.get(f"{live_asgi_server}/chat/", cookies=cookies).status_code == 200
    assert_refused(httpx.get(f"{live_asgi_server}/v1/models", cookies=cookies), 401, code="invalid_api_key")


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"model": 5}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages"),
        ({"messages": [{"role": "user", "content": "  "}]}, "messages"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "messages"),
        ({"messages": [{"role": "user", "content": "a\0b"}]}, None),
        ({"max_tokens": -2}, "max_tokens"),
        ({"max_completion_tokens": "many"}, "max_completion_tokens"),
        ({"temperature": -0.1}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"top_p": 1.5}, "top_p"),
        ({"messages": [{"role": "assistant", "content": "x"}, {"role": "user", "content": "y"}]}, "messages"),
        ({"messages": [{"role": role, "content": "x"} for role in ("user", "system", "user")]}, "messages"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"seed": 2**64}, "seed"),
        ({"n": 2}, "n"),
        ({"n": 0}, "n"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        ({"functions": [{"name": "f"}]}, "functions"),
        ({"logprobs": "yes"}, "logprobs"),
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"logit_bias": {"50256": -100}}, "logit_bias"),
        ({"response_format": {"type": "xml"}}, "response_format"),
        ({"audio": {"voice": "x"}}, "audio"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}, "messages"),
        ({"stream": "yes"}, "stream"),
    ],
)
def test_what_is_wrong_is_named(api: httpx.Client, wrong: dict[str, Any], param: str | None) -> None:
    response = api.post("chat/completions", json={**body("count to 3"), **wrong})
    assert assert_refused(response, 400, code=None, param=param).endswith(".")
    assert not Generation.objects.exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"x"', b"\xff", b'{"model": "\\ud800"}', b"[" * 100_000])
def test_a_body_that_is_no_request(api: httpx.Client, content: bytes) -> None:
    assert_refused(api.post("chat/completions", content=content), 400, code=None)


def test_too_large_a_body(api: httpx.Client) -> None:
    assert_refused(api.post("chat/completions", json=body("x" * 2_200_000)), 413, code="request_too_large")


def test_unknown_model(api: httpx.Client, counting_endpoint: Endpoint) -> None:
    response = api.post("chat/completions", json=body("count to 3", model="gpt-5"))
    assert "'gpt-5'" in assert_refused(response, 404, code="model_not_found", param="model")
    assert_refused(api.get("models/gpt-5"), 404, code="model_not_found", param="model")


def test_unknown_address_and_method(api: httpx.Client) -> None:
    assert_refused(api.get("embeddings"), 404, code="not_found")
    response = api.get("chat/completions")
    assert_refused(response, 405, code=None)
    assert response.headers["Allow"] == "POST"


def test_too_many_at_once(api: httpx.Client, alice: User, counting_endpoint: Endpoint) -> None:
    for _ in range(settings.GENERATIONS_PER_PERSON):
        Generation.objects.create(owner=alice, messages=[], state=State.QUEUED, variant="base")
    response = api.post("chat/completions", json=body("count to 3"))
    sentence = assert_refused(response, 429, code="rate_limit_exceeded")
    assert f"You have {settings.GENERATIONS_PER_PERSON} replies" in sentence
    assert int(response.headers["Retry-After"]) >= 1
    Generation.objects.first().delete()  # type: ignore[union-attr]
    assert api.post("chat/completions", json=body("count to 3")).status_code == 200


def test_no_server_for_the_model(api: httpx.Client) -> None:
    assert api.get("models").json() == {"object": "list", "data": []}
    response = api.post("chat/completions", json=body("count to 3"))
    assert_refused(response, 503, code="model_unavailable")
    assert int(response.headers["Retry-After"]) >= 1


def test_servers_that_are_down_are_waited_for(api: httpx.Client, counting_endpoint: Endpoint) -> None:
    Endpoint.objects.update(health=Health.DOWN, retry_at=timezone.now() + timedelta(seconds=60))
    with closing(started_stream(api, "count to 3")) as response:
        assert response.status_code == 200
        generation = Generation.objects.get(pk=response.headers["X-Generation-Id"])
        assert generation.state == State.QUEUED
        Endpoint.objects.update(health=Health.HEALTHY, retry_at=None)
        enqueue([generation.pk])
        chunks = [event["data"] for event in events_in(response)]
    assert chunks[-1] == "[DONE]"
    generation.refresh_from_db()
    assert (generation.state, generation.text) == (State.SUCCEEDED, "1 2 3")


def test_a_reply_that_fails(api: httpx.Client, counting_endpoint: Endpoint) -> None:
    """The model server's own words stay with it; the person reads ours."""
    response = api.post("chat/completions", json=body("count to 90, fail after 3"))
    sentence = assert_refused(response, 503, code="generation_failed")
    assert response.headers["X-Should-Retry"] == "false"
    shown = api.get(f"generations/{response.headers['X-Generation-Id']}").json()
    assert (shown["state"], shown["error"]) == ("failed", sentence)
    assert shown["text"].startswith("1 2 3")


def test_a_stream_that_fails(api: httpx.Client, counting_endpoint: Endpoint) -> None:
    with closing(started_stream(api, "count to 90, fail after 3")) as response:
        assert response.status_code == 200
        lines = [line for line in response.iter_lines() if line]
    assert '"code":"generation_failed"' in lines[-1]
    assert "data: [DONE]" not in lines
