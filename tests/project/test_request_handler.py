"""Views of both kinds, static files and addresses without a view, through the server that people reach."""

import asyncio

import aiohttp
import httpx2 as httpx
import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage

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
