"""Fixtures of the endpoints' tests."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from tests.support.scripted_server import counting_server

__all__ = ["PLAIN_TOKEN", "counting_server"]

PLAIN_TOKEN = "hf_plain-token-of-the-gpu-server"

type Add = Callable[..., Endpoint]


@pytest.fixture
def add(db: None) -> Add:
    """Add an endpoint of which only the name, and what the test is about, matters."""

    def add_one(name: str = "gpu-1", **facts: Any) -> Endpoint:
        return add_endpoint(
            **{"name": name, "url": "http://gpu-1:8080", "protocol": "tgi", "variant": "instruct", **facts}
        )

    return add_one


@pytest.fixture
def staff_client(client: Client, db: None) -> Client:
    """A browser with an admin signed in."""
    client.force_login(User.objects.create_superuser("erin"))
    return client
