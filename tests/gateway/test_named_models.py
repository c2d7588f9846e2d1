"""The model that was named answers, or nothing does; the answer names what wrote it."""

from contextlib import closing
from typing import Any

import httpx2 as httpx
import pytest

from apps.endpoints.models import Endpoint, Health
from apps.endpoints.services import add_endpoint, set_endpoint_state
from apps.gateway.selectors import target_of
from apps.generation.models import Generation, Task
from tests.gateway.calls import assert_refused, body, events_in, numbers
from tests.support.services import Running

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two_sizes(db: None, counting_server: str, celery_worker_process: Running) -> None:
    """The preferred 13B, and a 7B."""
    for name, size, model_id, priority in (("big", "13B", "acme/ll-13b", 10), ("small", "7B", "acme/ll-7b", 0)):
        add_endpoint(
            name=name,
            url=counting_server,
            protocol="openai",
            variant="instruct",
            size=size,
            model_id=model_id,
            priority=priority,
            max_concurrency=20,
        )


@pytest.mark.usefixtures("two_sizes")
@pytest.mark.parametrize(
    ("asked", "endpoint", "model"),
    [
        ("small", "small", "acme/ll-7b"),
        ("acme/ll-7b", "small", "acme/ll-7b"),
        ("code-llama-instruct-7b", "small", "acme/ll-7b"),
        ("code-llama-instruct-13b", "big", "acme/ll-13b"),
        ("code-llama-instruct", "big", "acme/ll-13b"),
        ("instruct", "big", "acme/ll-13b"),
    ],
)
@pytest.mark.parametrize("streams", [False, True])
def test_the_named_model_answers(api: httpx.Client, asked: str, endpoint: str, model: str, *, streams: bool) -> None:
    request = api.build_request("POST", "chat/completions", json=body("count to 3", model=asked, stream=streams))
    with closing(api.send(request, stream=True)) as response:
        models = (
            {event["data"]["model"] for event in events_in(response) if event["data"] != "[DONE]"}
            if streams
            else {_read(response)["model"]}
        )
    assert models == {model}
    generation = Generation.objects.get(pk=response.headers["X-Generation-Id"])
    assert generation.endpoint is not None
    assert (generation.endpoint.name, generation.text) == (endpoint, numbers(3))


def _read(response: httpx.Response) -> dict[str, Any]:
    response.read()
    answer: dict[str, Any] = response.json()
    return answer


@pytest.mark.usefixtures("two_sizes")
def test_a_disabled_model_is_not_replaced_by_another(api: httpx.Client) -> None:
    assert api.post("chat/completions", json=body("count to 3", model="small")).status_code == 200
    set_endpoint_state(name="small", state="disabled")
    for name in ("small", "acme/ll-7b", "code-llama-instruct-7b"):
        response = api.post("chat/completions", json=body("count to 3", model=name))
        sentence = assert_refused(response, 404, code="model_not_found", param="model")
        assert "Served here: acme/ll-13b, big, code-llama-instruct, code-llama-instruct-13b." in sentence


@pytest.mark.usefixtures("two_sizes")
def test_a_name_of_several_endpoints_stands_for_the_best_of_them(counting_server: str) -> None:
    twin: dict[str, Any] = {"url": counting_server, "protocol": "openai", "variant": "instruct", "size": "7B"}
    add_endpoint(name="twin", model_id="acme/ll-7b", priority=5, **twin)
    target = target_of("acme/ll-7b", Task.CHAT)
    assert target.wanted is not None
    assert target.wanted.name == "twin", "it has the higher priority"
    Endpoint.objects.filter(name="twin").update(health=Health.DOWN, retry_at="2040-01-01T00:00Z")
    target = target_of("acme/ll-7b", Task.CHAT)
    assert target.wanted is not None
    assert target.wanted.name == "small"


def test_a_name_that_covers_all_leaves_the_choice_to_the_queue(db: None, counting_server: str) -> None:
    for name in ("one", "two"):
        add_endpoint(name=name, url=counting_server, protocol="openai", variant="instruct", model_id="acme/ll")
    for name in ("acme/ll", "code-llama-instruct", "instruct"):
        assert target_of(name, Task.CHAT).wanted is None
    assert target_of("one", Task.CHAT).wanted is not None


def stand_in(url: str, **more: Any) -> Endpoint:
    facts: dict[str, Any] = {"name": "local", "variant": "instruct", "model_id": "SmolLM2-135M-Instruct"}
    return add_endpoint(url=url, protocol="openai", max_concurrency=20, **facts | more)


@pytest.mark.parametrize("asked", ["base", "code-llama-base"])
def test_another_model_completes_in_place_of_base(
    api: httpx.Client, counting_server: str, celery_worker_process: Running, asked: str
) -> None:
    stand_in(counting_server)
    add_endpoint(name="a llama", url="http://127.0.0.1:9", protocol="openai", variant="instruct", size="7B", priority=9)
    answer = api.post("completions", json={"model": asked, "prompt": "count to 4\n"}).json()
    assert (answer["model"], answer["choices"][0]["text"]) == ("SmolLM2-135M-Instruct", numbers(4))
    (listed,) = (model for model in api.get("models").json()["data"] if model["id"] == "code-llama-base")
    assert (listed["variant"], listed["tasks"]) == ("instruct", ["complete"]), "it does not pass as a Base"
    assert api.get(f"models/{asked}").json() == listed
    assert_refused(
        api.post("completions", json={"model": asked, "prompt": "a", "suffix": "b"}),
        400,
        code="model_unable",
        param="suffix",
    )
    response = api.post("chat/completions", json=body("count to 3", model=asked))
    assert_refused(response, 400, code="model_unable", param="model")


def test_nothing_stands_in_for_a_base_that_was_added(api: httpx.Client, counting_server: str) -> None:
    stand_in(counting_server)
    assert target_of("base", Task.COMPLETE).variant == "instruct"
    add_endpoint(name="gpu-1", url=counting_server, protocol="openai", variant="base", size="7B")
    assert target_of("base", Task.COMPLETE).variant == "base"
    set_endpoint_state(name="gpu-1", state="disabled")
    response = api.post("completions", json={"model": "base", "prompt": "count to 3\n"})
    assert_refused(response, 503, code="model_unavailable")
    assert "code-llama-base" not in {model["id"] for model in api.get("models").json()["data"]}


def test_a_code_llama_stands_in_for_nothing(api: httpx.Client, counting_server: str) -> None:
    stand_in(counting_server, model_id="codellama/CodeLlama-7b-Instruct-hf")
    response = api.post("completions", json={"model": "base", "prompt": "count to 3\n"})
    assert_refused(response, 503, code="model_unavailable")
