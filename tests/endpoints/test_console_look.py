"""``/endpoints/look/``: what answers at an address, and nothing about who may not know."""

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.endpoints.models import Endpoint

ADDRESS = "/endpoints/look/"


def look(client: Client, url: str, protocol: str = "tgi", token: str = "") -> str:
    answer = client.post(ADDRESS, {"url": url, "protocol": protocol, "new_token": token})
    return answer.text if answer.status_code == 200 else f"{answer.status_code}"


@pytest.mark.parametrize("protocol", ["tgi", "openai"])
def test_server_is_named(staff_client: Client, counting_server: str, protocol: str) -> None:
    said = look(staff_client, f"{counting_server}/v1/", protocol)
    assert "Text Generation Inference answers, counting, 4,096 tokens of context." in said
    assert 'data-tone="good"' in said
    assert not Endpoint.objects.exists()


def test_token_is_not_repeated(staff_client: Client, counting_server: str) -> None:
    said = look(staff_client, counting_server, token="counting")
    assert "answers, …, 4,096" in said


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://127.0.0.1:9", "refused the connection"),
        ("http://169.254.169.254", "cloud metadata address"),
        ("gpu-1", "must look like http://host:port"),
        ("http://user:secret@gpu-1", "must not hold a user name"),
    ],
)
def test_what_is_wrong_is_said(staff_client: Client, url: str, sentence: str) -> None:
    assert sentence in look(staff_client, url)


def test_nothing_typed_asks_nothing(staff_client: Client) -> None:
    assert look(staff_client, " ") == "204"
    assert look(staff_client, "http://127.0.0.1:9", "gopher") == "204"


def test_who_is_not_staff_gets_404(client: Client, charlie: User, counting_server: str) -> None:
    client.force_login(charlie)
    assert look(client, counting_server) == "404"
    assert client.get(ADDRESS).status_code == 405
