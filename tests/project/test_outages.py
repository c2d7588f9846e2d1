"""While all connections to Postgres are taken, pages and the API answer 503 in a sentence."""

from collections.abc import Iterator

import pytest
from django.db import connections
from django.http import HttpRequest
from django.test import AsyncClient
from psycopg_pool import ConnectionPool, PoolTimeout

from apps.accounts.keys.api_keys import create_api_key
from apps.accounts.models import User
from project.failures import answer_failure

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def visitor(alice: User) -> AsyncClient:
    """Alice's browser."""
    visitor = AsyncClient(raise_request_exception=False)
    visitor.force_login(alice)
    return visitor


@pytest.fixture
def key(alice: User) -> dict[str, str]:
    secret = create_api_key(username=alice.username)
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def no_connection_left(visitor: AsyncClient, key: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take what the pool has; who comes then is told after a moment instead of ten seconds."""
    pool: ConnectionPool = connections["default"].pool  # type: ignore[attr-defined]  # Django's Postgres backend has one
    monkeypatch.setattr(pool, "timeout", 0.3)
    taken = []
    try:
        while True:
            taken.append(pool.getconn())
    except PoolTimeout:
        yield
    finally:
        for connection in taken:
            pool.putconn(connection)


async def test_page(no_connection_left: None, visitor: AsyncClient) -> None:
    answer = await visitor.get("/chat/")
    assert answer.status_code == 503
    assert "The database or Redis of this workbench does not answer." in answer.content.decode()
    assert int(answer["Retry-After"]) > 0
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("caller", ["program", "browser"])
async def test_api(no_connection_left: None, visitor: AsyncClient, key: dict[str, str], caller: str) -> None:
    """A browser's session is looked up before the API could refuse."""
    client = visitor if caller == "browser" else AsyncClient(raise_request_exception=False)
    answer = await client.get("/v1/models", headers=key)
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "unavailable"
    assert int(answer["Retry-After"]) > 0
    assert answer["Cache-Control"] == "no-store"


async def test_both_are_back_with_the_connections(visitor: AsyncClient, key: dict[str, str]) -> None:
    for address in ("/chat/", "/v1/models"):
        assert (await visitor.get(address, headers=key)).status_code == 200


def fail() -> None:
    raise LookupError


def test_any_other_failure_is_ours() -> None:
    try:
        fail()
    except LookupError:
        assert answer_failure(HttpRequest()).status_code == 500
