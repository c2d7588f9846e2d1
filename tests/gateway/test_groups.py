"""Models of groups through the API: for their people, and for others."""

from typing import Any

import httpx2 as httpx
import pytest
from django.contrib.auth.models import Group

from apps.accounts.models import User
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation
from tests.gateway.calls import assert_refused, body, numbers
from tests.gateway.conftest import ApiOf

pytestmark = pytest.mark.django_db(transaction=True)

# Names of the endpoint that is for a group: its own, its model's, and those of its variant.
OWN_NAMES = ("counting", "count-1")
VARIANT_NAMES = ("instruct", "code-llama-instruct")
NOT_ANY = "Your groups may not use a model server that can do this. Ask an admin."
SENTENCE = "Your groups may not use a model server of the instruct variant. Ask an admin."


@pytest.fixture
def theirs(counting_endpoint: Endpoint, alice: User) -> Endpoint:
    """An endpoint of Alice's group."""
    group = Group.objects.create(name="GPU team")
    alice.groups.add(group)
    counting_endpoint.groups.add(group)
    return counting_endpoint


def ask_at(api: httpx.Client, address: str, model: str) -> httpx.Response:
    """Ask for generation at any address of the API."""
    bodies: dict[str, dict[str, Any]] = {
        "/v1/chat/completions": body("count to 3", model=model),
        "/v1/completions": {"model": model, "prompt": "count to 3"},
        f"/tgi/{model}/generate": {"inputs": "count to 3"},
        f"/tgi/{model}/generate_stream": {"inputs": "count to 3"},
        f"/tgi/{model}": {"inputs": "count to 3"},
        "/generate": {"inputs": "count to 3"},
        "/generate_stream": {"inputs": "count to 3"},
        "/": {"inputs": "count to 3"},
    }
    return api.post(api.base_url.join(address), json=bodies[address])


NAMED = ("/v1/chat/completions", "/v1/completions", "/tgi/{}/generate", "/tgi/{}/generate_stream", "/tgi/{}")


@pytest.mark.parametrize("address", NAMED)
@pytest.mark.parametrize("model", OWN_NAMES + VARIANT_NAMES)
def test_a_model_answers_its_group_alone(api_of: ApiOf, theirs: Endpoint, bob: User, address: str, model: str) -> None:
    where, member = address.format(model), User.objects.get(username="alice")
    assert ask_at(api_of(member), where, model).status_code == 200
    assert ask_at(api_of(User.objects.create_superuser("admin")), where, model).status_code == 200
    before = Generation.objects.count()
    refused = ask_at(api_of(bob), where, model)
    assert refused.status_code == (404 if model in OWN_NAMES else 403), refused.text
    if model in VARIANT_NAMES:
        assert SENTENCE in refused.text
    assert "count-1" not in refused.text.replace(f"“{model}”", "").replace(model, "")
    assert Generation.objects.count() == before == 2


@pytest.mark.parametrize("address", ["/generate", "/generate_stream", "/"])
def test_addresses_without_a_model_are_refused_too(
    api_of: ApiOf, theirs: Endpoint, alice: User, bob: User, address: str
) -> None:
    assert ask_at(api_of(alice), address, "").status_code == 200
    refused = ask_at(api_of(bob), address, "")
    assert (refused.status_code, NOT_ANY in refused.text) == (403, True)


def test_infill_is_for_the_group_too(api_of: ApiOf, theirs: Endpoint, alice: User, bob: User) -> None:
    Endpoint.objects.filter(pk=theirs.pk).update(capability_overrides={"infill": True})
    gap = {"input_prefix": "count to 3", "input_suffix": "end"}

    def fill(person: User) -> httpx.Response:
        api = api_of(person)
        return api.post(api.base_url.join("/infill"), json=gap)

    assert fill(alice).status_code == 200
    refused = fill(bob)
    assert (refused.status_code, refused.json()["error"]["message"]) == (403, NOT_ANY)


def test_lists_name_what_one_may_use(api_of: ApiOf, theirs: Endpoint, alice: User, bob: User) -> None:
    open_one = add_endpoint(
        name="open", url=theirs.url, protocol="openai", variant="instruct", model_id="count-2", max_concurrency=9
    )

    def listed(api: httpx.Client) -> set[str]:
        return {model["id"] for model in api.get("models").json()["data"]}

    hers, his = api_of(alice), api_of(bob)
    variants = {"code-llama-instruct", "code-llama-base"}  # no Code Llama: they complete in place of Base
    assert listed(hers) == variants | {"counting", "count-1", "open", "count-2"}
    assert listed(his) == variants | {"open", "count-2"}
    assert hers.get("models/counting").status_code == 200
    sentence = assert_refused(his.get("models/counting"), 404, code="model_not_found", param="model")
    assert "Served here: code-llama-base, code-llama-instruct, count-2, open." in sentence
    answer = his.post("chat/completions", json=body("count to 3", model="code-llama-instruct"))
    assert answer.json()["choices"][0]["message"]["content"] == numbers(3)
    assert Generation.objects.get().endpoint == open_one, "though that of others is idle"
    assert Generation.objects.get().wanted is None, "it may run on any that he may use"
