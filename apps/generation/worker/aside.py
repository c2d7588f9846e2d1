"""Ask a model for a few words while no reply waits or runs. Give up as soon as a reply comes."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

from apps.endpoints.models import Endpoint
from apps.generation.models import Generation
from apps.generation.worker.runtime import Runtime
from apps.inference.protocols import protocol_named
from apps.inference.requests import ChatMessage, ChatRequest, Timeouts
from apps.stores.threads import in_thread

LOOK_SECONDS = 0.1  # between two checks for a reply that another worker holds
TIMEOUTS = Timeouts(connect=2.0, first_token=30.0, between_tokens=10.0, total=60.0)


def ask_aside(*, endpoint: Endpoint, messages: Sequence[ChatMessage], max_tokens: int, runtime: Runtime) -> str | None:
    """Return the model's answer, or ``None`` if a reply came first. The connection is then closed and its slot free.

    Raises ``InferenceError``, and ``EndpointError`` if the endpoint's token cannot be read.
    """
    request = ChatRequest(messages=messages, max_tokens=max_tokens, temperature=0.0)
    return runtime.call_aside(_unless_somebody_waits(runtime, endpoint, request))


async def _unless_somebody_waits(runtime: Runtime, endpoint: Endpoint, request: ChatRequest) -> str | None:
    asking = asyncio.create_task(_ask(runtime, endpoint, request))
    looking = asyncio.create_task(_look_for_replies())
    try:
        await asyncio.wait({asking, looking}, return_when=asyncio.FIRST_COMPLETED)
        return await asking if asking.done() else None
    finally:
        for task in (asking, looking):
            task.cancel()
        await asyncio.gather(asking, looking, return_exceptions=True)


async def _ask(runtime: Runtime, endpoint: Endpoint, request: ChatRequest) -> str:
    protocol = protocol_named(endpoint.protocol)
    parts: list[str] = []
    async with aclosing(protocol.stream_chat(runtime.http, endpoint.server, request, TIMEOUTS)) as deltas:
        async for delta in deltas:
            parts.append(delta.text)
            if delta.finish_reason:
                break
    return "".join(parts)


async def _look_for_replies() -> None:
    """Return once a reply waits or runs."""
    is_any_active = in_thread(Generation.objects.active().exists)
    while not await is_any_active():  # noqa: ASYNC110 - another worker process may hold it
        await asyncio.sleep(LOOK_SECONDS)
