"""``/healthz``, ``/readyz`` and ``/readyz/worker``."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis.asyncio
from asgiref.sync import sync_to_async
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, connections
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from apps.generation.worker_identity import HEARTBEAT_MAX_AGE, WORKERS_KEY


@pytest.fixture
async def workers(redis_url: str, settings: Settings) -> AsyncIterator[redis.asyncio.Redis]:
    """Redis where no worker has reported but those the test puts there: a database of its own."""
    settings.REDIS_URL = redis_url.replace("db=0", "db=9")
    async with redis.asyncio.from_url(settings.REDIS_URL) as client:
        yield client
        await client.flushdb()


@pytest.fixture(autouse=True)
async def no_connection_of_another_test() -> None:
    """Views run in one thread for all tests, which may still have the connection of an earlier one."""
    await sync_to_async(connections.close_all)()


@contextmanager
def silent_server(path: Path) -> Iterator[None]:
    """Something that takes connections and never says a word."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        yield


async def test_process_is_up_without_asking_anybody(async_client: AsyncClient, settings: Settings) -> None:
    settings.DATABASE_URL = "postgresql://127.0.0.1:1/nothing"
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = await async_client.get("/healthz")
    assert response.status_code == 200
    assert response.content == b"ok\n"


@pytest.mark.parametrize("path", ["/readyz", "/readyz/worker"])
async def test_ready_when_all_three_answer(async_client: AsyncClient, workers: redis.asyncio.Redis, path: str) -> None:
    await workers.zadd(WORKERS_KEY, {"old": time.time() - 3600, "new": time.time()})
    response = await async_client.get(path)
    assert response.status_code == 200
    assert response.json() == {"ready": True, "checks": {"database": "ok", "redis": "ok", "worker": "ok"}}
    assert response["Cache-Control"] == "no-store"


async def test_a_full_redis_is_named(async_client: AsyncClient, workers: redis.asyncio.Redis) -> None:
    await workers.zadd(WORKERS_KEY, {"new": time.time()})
    await workers.config_set("maxmemory", "1")
    try:
        response = await async_client.get("/readyz")
    finally:
        await workers.config_set("maxmemory", "0")
    assert response.status_code == 503
    assert response.json()["checks"]["redis"].startswith("is full")


@pytest.mark.parametrize("last_heartbeat", [None, HEARTBEAT_MAX_AGE + 1])
async def test_without_a_living_worker_pages_are_ready_and_replies_are_not(
    async_client: AsyncClient, workers: redis.asyncio.Redis, last_heartbeat: float | None
) -> None:
    if last_heartbeat is not None:
        await workers.zadd(WORKERS_KEY, {"late": time.time() - last_heartbeat})
    checks = {"database": "ok", "redis": "ok", "worker": "no worker has reported in the last 10 seconds"}
    response = await async_client.get("/readyz/worker")
    assert (response.status_code, response.json()) == (503, {"ready": False, "checks": checks})
    response = await async_client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"ready": True, "checks": checks})


async def test_dead_services_are_named_without_their_addresses(
    async_client: AsyncClient, services: object, settings: Settings
) -> None:
    settings.DATABASE_URL = "postgresql://ann:secret-word@127.0.0.1:1/nothing"
    settings.REDIS_URL = "redis://ann:secret-word@127.0.0.1:1/0"
    response = await async_client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == dict.fromkeys(("database", "redis", "worker"), "cannot be reached")
    assert "127.0.0.1" not in response.content.decode()
    assert "secret-word" not in response.content.decode()


async def test_silent_services_are_given_up(async_client: AsyncClient, settings: Settings, tmp_path: Path) -> None:
    settings.DATABASE_URL = f"postgresql://ann@/nothing?host={tmp_path}"
    settings.REDIS_URL = f"unix://{tmp_path}/redis.sock"
    with silent_server(tmp_path / ".s.PGSQL.5432"), silent_server(tmp_path / "redis.sock"):
        response = await async_client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == dict.fromkeys(("database", "redis", "worker"), "no answer within 2 seconds")


async def test_many_probes_at_once_are_one_round_of_checks(
    async_client: AsyncClient, workers: redis.asyncio.Redis
) -> None:
    await workers.zadd(WORKERS_KEY, {"new": time.time()})
    before = (await workers.info("stats"))["total_connections_received"]
    responses = await asyncio.gather(*(async_client.get("/readyz") for _ in range(50)))
    after = (await workers.info("stats"))["total_connections_received"]
    assert {response.status_code for response in responses} == {200}
    assert 2 <= after - before < 50


@pytest.mark.django_db
def test_probes_load_no_session(client: Client) -> None:
    session = SessionStore()
    session["_auth_user_id"] = "1"
    session.create()
    client.cookies["sessionid"] = str(session.session_key)
    with CaptureQueriesContext(connection) as page_queries:
        client.get("/chat/")
    assert any("django_session" in query["sql"] for query in page_queries), "the cookie would load the session"
    for path in ["/healthz", "/readyz", "/readyz/worker"]:
        with CaptureQueriesContext(connection) as queries:
            response = client.get(path)
        assert len(queries) == 0
        assert not response.cookies
