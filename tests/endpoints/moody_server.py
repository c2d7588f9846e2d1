"""Model servers in a bad mood: each answers every request in its own way, in a thread of its own."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from threading import Event, Thread

from tests.support.scripted_server import ScriptedServer
from tests.support.wire import Request, Step, whole

SLOW_SECONDS = 2.0

WHOLE_ANSWERS: dict[str, Sequence[Step]] = {
    "overloaded": whole(429, b'{"error":"Model is overloaded","error_type":"overloaded"}'),
    "failing": whole(500, b'{"error":"Request failed during generation: CUDA error","error_type":"generation"}'),
    "nonsense": whole(200, b"<html>Welcome to nginx!</html>", "text/html"),
    "picky": whole(422, b'{"error":"Template error: no chat template","error_type":"template_error"}'),
}


class MoodyServer(ScriptedServer):
    """``mood``: healthy, slow, stuck (no reply ever comes), hanging (not a word), refusing (shows the token it got), or
    one of ``WHOLE_ANSWERS``. All but the hanging and the refusing one give information gladly.
    """

    def __init__(self, mood: str) -> None:
        super().__init__()
        self.mood = mood

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        match self.mood:
            case "hanging":
                await asyncio.Event().wait()
            case "stuck" if is_for_reply(request):
                await asyncio.Event().wait()
            case "refusing":
                await self._play(_refusal(request), writer)
            case mood if is_for_reply(request) and mood in WHOLE_ANSWERS:
                await self._play(WHOLE_ANSWERS[mood], writer)
            case "slow" if is_for_reply(request):
                await asyncio.sleep(SLOW_SECONDS)
                await super()._answer(request, writer)
            case _:
                await super()._answer(request, writer)


def is_for_reply(request: Request) -> bool:
    """Return whether it asks for a reply, and not for information."""
    return request.path in {"/v1/chat/completions", "/v1/completions", "/generate_stream"}


def _refusal(request: Request) -> Sequence[Step]:
    token = request.headers.get("authorization", "nothing")
    return whole(401, json.dumps({"error": {"message": f"Wrong key: {token}", "code": 401}}).encode())


@contextmanager
def moody_servers(*moods: str) -> Iterator[dict[str, MoodyServer]]:
    """Running servers by mood."""
    servers: dict[str, MoodyServer] = {}
    loop, ready, over = asyncio.new_event_loop(), Event(), asyncio.Event()

    async def serve() -> None:
        async with AsyncExitStack() as stack:
            for mood in moods:
                servers[mood] = await stack.enter_async_context(MoodyServer(mood))
            ready.set()
            await over.wait()

    thread = Thread(target=loop.run_until_complete, args=[serve()], daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield servers
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        loop.close()
