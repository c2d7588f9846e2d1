"""Steps of a worker on an event log, without the worker."""

from uuid import UUID

import redis.asyncio

from apps.generation.log import store
from apps.generation.log.frames import CHANNEL, text_header


async def append(client: "redis.asyncio.Redis", generation_id: UUID, *, attempt: int, start: int, text: str) -> bytes:
    """Append to one log and return the script's word for it."""
    data = text.encode()
    answers: list[bytes] = await client.eval(
        store.script("append"),
        2,
        *store.keys(generation_id),
        CHANNEL,
        store.SECONDS_WHILE_RUNNING,
        attempt,
        start,
        start + len(text),
        text_header(generation_id.bytes, start, len(data)),
        data,
        0,
        "",
    )
    return answers[0]
