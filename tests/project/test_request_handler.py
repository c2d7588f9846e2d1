"""Views of both kinds, static files and addresses without a view, through the server that people reach."""

import asyncio
import threading
from typing import Any

import aiohttp
import httpx2 as httpx
import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage

from project.http.request_handler import RequestHandler

pytestmark = [pytest.mark.django_db(transaction=True)]

SYNCHRONOUS, ASYNCHRONOUS, MISSING = "/accounts/sign-in/", "/healthz", "/nowhere/"
API = "/v1/models"


@pytest.mark.parametrize(("path", "status"), [(SYNCHRONOUS, 200), (ASYNCHRONOUS, 200), (MISSING, 404), (API, 401)])
def test_every_middleware_answers_every_view(live_asgi_server: str, path: str, status: int) -> None:
    answer = httpx.get(f"{live_asgi_server}{path}")
    assert answer.status_code == status
    assert "default-src" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert ("X-Request-Id" in answer.headers) == (path != ASYNCHRONOUS)  # health checks are not logged


def test_api_refuses_other_hosts_and_ignores_sessions(live_asgi_server: str) -> None:
    answer = httpx.get(f"{live_asgi_server}{API}", headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}=stale"})
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (401, False)
    assert httpx.get(f"{live_asgi_server}{API}", headers={"Host": "evil.example"}).status_code == 400


def test_static_files_are_sent_with_the_headers_of_every_answer(live_asgi_server: str) -> None:
    answer = httpx.get(f"{live_asgi_server}{staticfiles_storage.url('favicon.svg')}")
    assert answer.status_code == 200
    assert answer.text.startswith("<svg")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert httpx.get(f"{live_asgi_server}{settings.STATIC_URL}nothing.css").status_code == 404


async def test_requests_do_not_wait_for_each_other(live_asgi_server: str) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:

        async def status(path: str) -> int:
            async with http.get(f"{live_asgi_server}{path}") as answer:
                return answer.status

        asked = [SYNCHRONOUS, ASYNCHRONOUS, MISSING] * 30
        assert await asyncio.gather(*map(status, asked)) == [200, 200, 404] * 30


async def test_next_request_gets_the_thread_of_the_last() -> None:
    handler, others = RequestHandler(), request_threads()
    assert [await ask(handler, path) for path in (SYNCHRONOUS, ASYNCHRONOUS, MISSING)] == [200, 200, 404]
    assert len(request_threads() - others) == 1
    assert set(await asyncio.gather(ask(handler, SYNCHRONOUS), ask(handler, SYNCHRONOUS))) == {200}
    assert len(request_threads() - others) == 2


async def ask(handler: RequestHandler, path: str) -> int:
    """Return the status of the handler's answer."""
    arriving, sent = [{"type": "http.request", "body": b""}], []

    async def receive() -> dict[str, Any]:
        if not arriving:
            await asyncio.Event().wait()  # the client stays
        return arriving.pop()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(b"host", b"127.0.0.1")]
    await handler(
        {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers}, receive, send
    )
    status: int = sent[0]["status"]
    return status


def request_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("request")}
