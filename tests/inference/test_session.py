"""The session keeps nothing between requests and takes nothing from the environment."""

import pytest

from apps.inference.http.connection import open_session
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import Send, head, whole


async def test_cookies_are_not_kept(scripted_server: ScriptedServer) -> None:
    async with open_session() as http:
        for _ in range(2):
            scripted_server.answer(head(length=0, extra="Set-Cookie: who=me; Path=/"))
            async with http.get(scripted_server.url) as response:
                assert response.headers["Set-Cookie"]
    assert "cookie" not in (await scripted_server.request(1)).headers


async def test_connections_are_not_kept(scripted_server: ScriptedServer) -> None:
    async with open_session() as http:
        scripted_server.answer(*whole(200, b"{}"))
        async with http.get(scripted_server.url) as response:
            await response.read()
        request = await scripted_server.request()
        assert request.headers["connection"] == "close"
        await request.left.wait()


async def test_proxy_of_the_environment_is_not_used(
    scripted_server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    scripted_server.answer(head(length=2), Send(b"ok"))
    async with open_session() as http, http.get(scripted_server.url) as response:
        assert await response.text() == "ok"
