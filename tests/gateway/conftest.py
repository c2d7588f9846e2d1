"""Fixtures of the API's tests: a real server, a real worker, a model that counts, and a client."""

from collections.abc import Callable, Iterator

import httpx2 as httpx
import pytest

from apps.accounts.keys.api_keys import create_api_key
from apps.accounts.models import User
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from tests.gateway.calls import PATIENCE
from tests.support.scripted_server import counting_server
from tests.support.services import Running

__all__ = ["counting_server"]

type ApiOf = Callable[[User], httpx.Client]


@pytest.fixture
def counting_endpoint(db: None, counting_server: str, celery_worker_process: Running) -> Endpoint:
    return add_endpoint(
        name="counting",
        url=counting_server,
        protocol="openai",
        variant="instruct",
        model_id="count-1",
        max_concurrency=50,
    )


@pytest.fixture
def api_of(live_asgi_server: str) -> Iterator[ApiOf]:
    """A client with a key of that person's."""
    clients: list[httpx.Client] = []

    def client_of(user: User) -> httpx.Client:
        key = create_api_key(username=user.username)
        headers = {"Authorization": f"Bearer {key}"}
        clients.append(
            httpx.Client(base_url=f"{live_asgi_server}/v1/", headers=headers, timeout=PATIENCE, verify=False)
        )
        return clients[-1]

    yield client_of
    for client in clients:
        client.close()


@pytest.fixture
def api(api_of: ApiOf, alice: User) -> httpx.Client:
    """Alice's client."""
    return api_of(alice)
