"""``/openapi.json`` describes the API that runs here: every address, and what it takes and answers."""

import re
from collections.abc import Iterator
from typing import Any

import httpx2 as httpx
import pytest
import schemathesis
from django.urls import URLPattern, get_resolver
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.schemas import OpenApiSchema

from apps.accounts.keys.api_keys import create_api_key
from apps.accounts.models import User
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from tests.support.services import Running

pytestmark = [pytest.mark.django_db(transaction=True)]

type AnyCase = Case[Any]

EXAMPLES = 15
SECONDS = 60
# The view of all other addresses has no description.
BESIDE = {"/v1/", "/v1/{path}"}


def described_paths(document: dict[str, Any]) -> set[str]:
    return {re.sub(r"{\w+}", "{}", path) for path in document["paths"]}


def routes() -> Iterator[str]:
    """Every route whose view is the gateway's."""

    def walk(patterns: list[Any], before: str) -> Iterator[tuple[str, URLPattern]]:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLPattern):
                yield route, pattern
            else:
                yield from walk(pattern.url_patterns, route)

    for route, pattern in walk(get_resolver().url_patterns, "/"):
        if pattern.callback.__module__.startswith("apps.gateway."):
            yield re.sub(r"<(\w+:)?(\w+)>", r"{\2}", route)


def test_every_route_of_the_gateway_is_described(client: Any) -> None:
    found = set(routes())
    assert "/v1/chat/completions" in found, "the routes are found"
    described = described_paths(client.get("/openapi.json").json())
    assert {re.sub(r"{\w+}", "{}", route) for route in found - BESIDE} == described


def test_it_is_public_and_read_only(client: Any) -> None:
    assert client.get("/openapi.json")["Content-Type"] == "application/json"
    assert client.post("/openapi.json").status_code == 405


@pytest.fixture
def key(alice: User) -> str:
    return create_api_key(username="alice")


@pytest.fixture
def served(db: None, counting_server: str, celery_worker_process: Running) -> list[Endpoint]:
    return [
        add_endpoint(name=variant, url=counting_server, protocol="openai", variant=variant, max_concurrency=20)
        for variant in ("base", "instruct")
    ]


@pytest.fixture
def described(live_asgi_server: str) -> OpenApiSchema:
    schema = schemathesis.openapi.from_url(f"{live_asgi_server}/openapi.json")
    assert isinstance(schema, OpenApiSchema)
    return schema


def test_answers_have_the_shapes_that_it_names(
    live_asgi_server: str, key: str, served: list[Endpoint], described: OpenApiSchema
) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    chat = {"model": "instruct", "messages": [{"role": "user", "content": "count to 5"}]}
    text = {"model": "base", "prompt": ["count to 5\n", "count to 6\n"]}
    url = served[0].url
    add_endpoint(name="gpu-1", url=url, protocol="tgi", variant="instruct", size="7B", max_concurrency=20)
    scored = {"model": "gpu-1", "prompt": "count to 5\n", "logprobs": 2}
    told = {**chat, "model": "gpu-1", "logprobs": True}
    tool = {"type": "function", "function": {"name": "f", "parameters": {"properties": {"a": {"type": "string"}}}}}
    called = {**chat, "model": "gpu-1", "tools": [tool], "tool_choice": "required"}
    listed = {"inputs": "count to 5\n", "parameters": {"details": True, "top_n_tokens": 2}}
    with httpx.Client(base_url=live_asgi_server, headers=headers, timeout=SECONDS, verify=False) as client:
        answers = [
            ("/v1/models", client.get("/v1/models")),
            ("/v1/usage", client.get("/v1/usage?days=7")),
            ("/v1/models/{model}", client.get("/v1/models/base")),
            ("/v1/models/{model}", client.get("/v1/models/unknown")),
            ("/v1/chat/completions", client.post("/v1/chat/completions", json=chat)),
            ("/v1/chat/completions", client.post("/v1/chat/completions", json={**chat, "stream": True})),
            ("/v1/chat/completions", client.post("/v1/chat/completions", json={**chat, "n": 3})),
            ("/v1/completions", client.post("/v1/completions", json=text)),
            ("/v1/completions", client.post("/v1/completions", json=text, headers={"Authorization": ""})),
            ("/generate", client.post("/generate", json={"inputs": "count to 5\n", "parameters": {"details": True}})),
            ("/generate", client.post("/generate", json={"inputs": ""})),
            ("/generate_stream", client.post("/generate_stream", json={"inputs": "count to 5\n"})),
            ("/tgi/{model}", client.post("/tgi/base", json={"inputs": "count to 5\n"})),
            ("/infill", client.post("/infill", json={"prompt": "count to 5 ", "input_suffix": "\n"})),
            ("/infill", client.post("/infill", json={"n_predict": 0})),
            ("/tgi/{model}", client.post("/tgi/unknown", json={"inputs": "count to 5\n"})),
            ("/v1/completions", client.post("/v1/completions", json=scored)),
            ("/v1/chat/completions", client.post("/v1/chat/completions", json=told)),
            ("/v1/chat/completions", client.post("/v1/chat/completions", json=called)),
            ("/tgi/{model}/generate", client.post("/tgi/gpu-1/generate", json=listed)),
        ]
        generation = answers[4][1].headers["X-Generation-Id"]
        one = "/v1/generations/{generation_id}"
        answers += [
            (one, client.get(f"/v1/generations/{generation}")),
            (f"{one}/events", client.get(f"/v1/generations/{generation}/events?after=2")),
            (f"{one}/cancel", client.post(f"/v1/generations/{generation}/cancel")),
        ]
    statuses = [answer.status_code for _, answer in answers]
    refused = {3: 404, 6: 400, 8: 401, 10: 422, 15: 404}
    assert statuses == [refused.get(number, 200) for number in range(len(answers))]
    for path, answer in answers:
        described[path][answer.request.method].validate_response(answer)


def test_what_it_allows_is_taken_and_what_it_forbids_refused(
    live_asgi_server: str, key: str, served: list[Endpoint], described: OpenApiSchema
) -> None:
    """Schemathesis: requests made from the description, right and wrong ones, against the running server."""
    headers = {"Authorization": f"Bearer {key}"}
    asked: list[int] = []

    def try_out(cases: SearchStrategy[AnyCase]) -> None:
        @given(case=cases)
        @hypothesis_settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def ask(case: AnyCase) -> None:
            asked.append(
                case.call_and_validate(base_url=live_asgi_server, headers=headers, timeout=SECONDS).status_code
            )

        ask()

    for result in described.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        try_out(operation.as_strategy(GenerationMode.POSITIVE))
        if operation.method == "post":
            try_out(operation.as_strategy(GenerationMode.NEGATIVE))
    assert len(asked) > 100
    assert {200, 400, 404, 422} <= set(asked)
