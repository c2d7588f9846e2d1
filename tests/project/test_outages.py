"""While all connections to Postgres are taken, pages, sockets and the API answer 503 in a sentence."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, cast

import psycopg
import pytest
import uvicorn
from asgiref.sync import SyncToAsync
from django.conf import settings as project_settings
from django.db import OperationalError, connections
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient
from pytest_django import Settings
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from apps.accounts.keys.api_keys import create_api_key
from apps.accounts.models import User
from apps.chat.consumers import TRY_AGAIN_LATER
from apps.chat.live.viewer import HEARTBEAT
from apps.chat.models import Conversation
from apps.embedded.ports import HOST, free_port
from project.asgi import application
from project.celery import app as celery_app
from project.http.failures import answer_failure

if TYPE_CHECKING:
    from django.db.backends.postgresql.base import DatabaseWrapper

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
def conversation(alice: User) -> Conversation:
    return Conversation.objects.create(owner=alice, title="About sorting")


@pytest.fixture
async def site(visitor: AsyncClient) -> AsyncIterator[str]:
    """The address of a server in this process, which shares its pool of connections."""
    options = uvicorn.Config(application, ws="project.slow_readers:SocketProtocol", lifespan="off", log_config=None)
    server = uvicorn.Server(options)
    with socket.create_server((HOST, 0)) as listening:  # what connects before the server runs waits for it
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        yield f"{HOST}:{listening.getsockname()[1]}"
        server.should_exit = True
        await serving


@pytest.fixture
def no_connection_left(visitor: AsyncClient, key: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take all that a new pool can have; who comes then is told after a moment instead of ten seconds.

    Not all that the old one has: threads of earlier tests may keep some of its connections for good.
    """
    # The thread of Django's asynchronous test client keeps a connection of an earlier request.
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()
    connections.close_all()
    database = cast("DatabaseWrapper", connections["default"])
    database.close_pool()
    pool = database.pool
    pool.open()
    taken: list[psycopg.Connection] = []
    try:
        while len(taken) < pool.max_size:
            taken.append(pool.getconn(timeout=60))
        monkeypatch.setattr(pool, "timeout", 0.3)
        yield
    finally:
        for connection in taken:
            pool.putconn(connection)


async def test_page(no_connection_left: None, visitor: AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    answer = await visitor.get("/chat/")
    assert "Service Unavailable: /chat/" in caplog.text
    assert [record for record in caplog.records if record.exc_info] == []
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


def socket_of(conversation: Conversation, visitor: AsyncClient, site: str) -> connect:
    """The conversation's socket, as the page opens it."""
    name = project_settings.SESSION_COOKIE_NAME
    return connect(
        f"ws://{site}/ws/chat/{conversation.pk}/",
        additional_headers={"Cookie": f"{name}={visitor.cookies[name].value}"},
        origin=f"http://{site}",  # type: ignore[arg-type]  # a new type of str
        open_timeout=60,
    )


async def test_socket(
    conversation: Conversation,
    site: str,
    no_connection_left: None,
    visitor: AsyncClient,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await socket_of(conversation, visitor, site)
    answer = refused.value.response
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Cache-Control"] == "no-store"
    assert (answer.body or b"").startswith(b"The database or Redis does not answer.")
    assert "socket refused" in caplog.text
    assert [record for record in caplog.records if record.exc_info] == []


async def test_socket_while_redis_is_away(
    conversation: Conversation,
    site: str,
    visitor: AsyncClient,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.REDIS_URL = f"redis://{HOST}:{free_port()}/0"
    async with asyncio.timeout(60), socket_of(conversation, visitor, site) as opened:
        with pytest.raises(ConnectionClosed) as closed:
            await opened.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == TRY_AGAIN_LATER
    assert "live connection ended" in caplog.text
    assert [record for record in caplog.records if record.exc_info] == []


async def test_socket_is_back_with_the_connections(conversation: Conversation, site: str, visitor: AsyncClient) -> None:
    async with asyncio.timeout(60), socket_of(conversation, visitor, site) as opened:
        assert await opened.recv() == HEARTBEAT


async def test_both_are_back_with_the_connections(visitor: AsyncClient, key: dict[str, str]) -> None:
    for address in ("/chat/", "/v1/models"):
        assert (await visitor.get(address, headers=key)).status_code == 200


def caused(error: Exception, by: Exception) -> Exception:
    error.__cause__ = by
    return error


@pytest.mark.parametrize(
    ("error", "has_traceback"),
    [
        (OperationalError("away"), False),
        (caused(OperationalError("it stops"), psycopg.errors.AdminShutdown()), False),
        (caused(OperationalError("two wait for each other"), psycopg.errors.DeadlockDetected()), True),
        (caused(OperationalError("no room"), psycopg.errors.DiskFull()), True),
        (RedisConnectionError("away"), False),
        (ResponseError("a command that Redis does not know"), True),
        (LookupError(), True),
    ],
)
def test_task_has_a_traceback_in_the_log_unless_it_failed_for_the_outage(
    caplog: pytest.LogCaptureFixture, *, error: Exception, has_traceback: bool
) -> None:
    @celery_app.task(name="tests.fail")
    def fails() -> None:
        raise error

    try:
        fails.apply()
    finally:
        celery_app.tasks.unregister("tests.fail")
    (line,) = [record.msg for record in caplog.records if record.name == "project.logs.tasks"]
    assert isinstance(line, dict)
    assert (line["event"], line["task"]) == ("task_failed", "tests.fail")
    assert bool(line.get("exc_info")) == has_traceback


def test_other_failures_of_requests_keep_their_traceback(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("django.request").error("Internal Server Error: /chat/", exc_info=LookupError())
    (record,) = caplog.records
    assert record.exc_info


def fail() -> None:
    raise LookupError


def failed(path: str) -> HttpResponse:
    request = HttpRequest()
    request.path = path
    try:
        fail()
    except LookupError:
        response = answer_failure(request)
    return response


def test_any_other_failure_is_ours() -> None:
    response = failed("/chat/")
    assert response.status_code == 500
    assert response["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/v1/completions", "/generate_stream", "/infill", "/llama.cpp/base/infill"])
def test_programs_get_a_failure_as_json(path: str) -> None:
    response = failed(path)
    assert response.status_code == 500
    assert response["X-Should-Retry"] == "false"
    assert json.loads(response.content)["error"]["code"] == "server_failed"
