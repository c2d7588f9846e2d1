"""A proxy as some companies have them: it refuses WebSockets, and may hold a response back until it is complete."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from apps.embedded.ports import HOST, free_port

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "content-length"}


@dataclass
class BlockingProxy:
    """A proxy whose behaviour may change while it runs; ``asked`` lists the paths that passed or were refused."""

    target: str
    site: str = ""
    refuses_sockets: bool = True
    holds_back: bool = False
    asked: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["BlockingProxy"]:
        port = free_port()
        self.site = f"http://{HOST}:{port}"
        application = web.Application(client_max_size=2**24)
        application.router.add_route("*", "/{path:.*}", self._pass_on)
        async with aiohttp.ClientSession(auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()) as self._http:
            runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=1)
            await runner.setup()
            await web.TCPSite(runner, HOST, port).start()
            yield self
            await runner.cleanup()

    def count(self, part: str) -> int:
        """Return how many requests had ``part`` in their path."""
        return sum(part in path for path in self.asked)

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        if "upgrade" in request.headers.get("Connection", "").lower():
            return await self._socket(request)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP}
        address = self.target + request.raw_path
        async with self._http.request(
            request.method, address, headers=headers, data=await request.read(), allow_redirects=False
        ) as answer:
            kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP]
            if self.holds_back:
                body = await answer.read()
                response = web.Response(status=answer.status, body=body)
                response.headers.extend(kept)
                return response
            stream = web.StreamResponse(status=answer.status)
            stream.headers.extend(kept)
            await stream.prepare(request)
            async for piece in answer.content.iter_any():
                await stream.write(piece)
            return stream

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if self.refuses_sockets:
            return web.Response(status=403)
        headers = {name: request.headers[name] for name in ("Cookie", "Origin", "Host")}
        inner = web.WebSocketResponse()
        await inner.prepare(request)
        async with self._http.ws_connect(self.target + request.raw_path, headers=headers) as outer:
            async for message in outer:
                await inner.send_str(message.data)
        return inner
