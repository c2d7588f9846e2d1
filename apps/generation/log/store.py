"""The event log: a Redis Stream per generation that says what its readers see, in order and once.

An entry is text (``t``), a state (``s``) or the end (``e``). Its id is ``<offset after it>-<n>``, offsets counting
Unicode code points of the reply, so a reader's offset is its position in the stream. Only the attempt that opened the
log last may append; after the end entry nobody may. Lua scripts make each of these one atomic step.
"""

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, cast
from uuid import UUID

from apps.generation.errors import LogUnavailable
from apps.generation.log.entries import Ended, Events, QueuedGeneration, RawEntry, decode, encode_state
from apps.generation.models import State
from apps.stores.redis import script as script_in
from apps.stores.redis import sync_client

if TYPE_CHECKING:
    import redis.asyncio

CANCEL_CHANNEL = "workbench:generation:cancel"
SECONDS_WHILE_RUNNING = 24 * 3600
SECONDS_AFTER_END = 3600
ANY_ATTEMPT = 2**31


def events_key(generation_id: UUID) -> str:
    return f"workbench:generation:{{{generation_id}}}:events"


def head_key(generation_id: UUID) -> str:
    return f"workbench:generation:{{{generation_id}}}:head"


def keys(generation_id: UUID) -> list[str]:
    return [events_key(generation_id), head_key(generation_id)]


def script(name: str) -> str:
    return script_in("apps.generation.log.scripts", name)


async def open_log(client: "redis.asyncio.Redis", generation_id: UUID, *, attempt: int, checkpoint: str) -> str:
    """Take the log for ``attempt`` and return the whole text so far, which may be ahead of the checkpoint.

    Raises ``LogUnavailable`` where the log has ended or a newer attempt holds it.
    """
    answer: bytes = await cast(
        "Awaitable[bytes]",
        client.eval(
            script("open"),
            2,
            *keys(generation_id),
            attempt,
            len(checkpoint),
            checkpoint,
            encode_state(State.RUNNING),
            SECONDS_WHILE_RUNNING,
        ),
    )
    if answer in (b"ended", b"fenced"):
        raise LogUnavailable
    offset = int(answer)
    if offset < len(checkpoint):
        await _append(client, generation_id, attempt=attempt, start=offset, text=checkpoint[offset:])
    if offset <= len(checkpoint):
        return checkpoint
    entries = cast("list[RawEntry]", await client.xrange(events_key(generation_id), min=f"({len(checkpoint)}-0"))
    return checkpoint + decode(entries, after=len(checkpoint)).text


async def _append(client: "redis.asyncio.Redis", generation_id: UUID, *, attempt: int, start: int, text: str) -> None:
    await cast(
        "Awaitable[bytes]",
        client.eval(script("append"), 2, *keys(generation_id), attempt, start, start + len(text), text, 0, ""),
    )


def begin_anew(generation_id: UUID, *, attempt: int, text: str, tokens: int) -> None:
    """Replace a log that has ended by one that waits for the next attempt, with ``text`` of ``tokens`` in it."""
    names = keys(generation_id)
    with sync_client().pipeline(transaction=True) as pipeline:
        pipeline.delete(*names)
        state = encode_state(State.QUEUED)
        pipeline.eval(script("open"), 2, *names, attempt, len(text), text, state, SECONDS_WHILE_RUNNING)
        pipeline.hset(head_key(generation_id), "tokens", str(tokens))
        pipeline.execute()


def end_log(generation_id: UUID, ended: Ended, *, attempt: int = ANY_ATTEMPT, text: str = "") -> int | None:
    """End the log, which gets to hold at least ``text``; does nothing where it has ended already.

    Returns the offset at which it ended, which is beyond ``text`` where readers have seen more, or ``None`` where the
    log belongs to an attempt after ``attempt``.
    """
    start = len(text)
    while True:
        given = (attempt, ended.encode(), SECONDS_AFTER_END, len(text), start, text[start:])
        answer = cast("int | bytes", sync_client().eval(script("end"), 2, *keys(generation_id), *given))
        if isinstance(answer, bytes):
            return None
        if answer >= 0:
            return answer
        start = -answer - 1


def broadcast_cancellation(generation_id: UUID) -> None:
    """Tell every worker that the generation was cancelled."""
    sync_client().publish(CANCEL_CHANNEL, str(generation_id))


def first_token_at(generation_id: UUID) -> datetime | None:
    """When the first token was written, as far as the log knows."""
    began = cast("bytes | None", sync_client().hget(head_key(generation_id), "began"))
    return datetime.fromisoformat(began.decode()) if began else None


async def tokens_written(client: "redis.asyncio.Redis", generation_id: UUID) -> int | None:
    """How many tokens the log's text took, as far as the log knows."""
    tokens = await cast("Awaitable[bytes | None]", client.hget(head_key(generation_id), "tokens"))
    return int(tokens) if tokens else None


def write_state(generation_id: UUID, state: State, *, attempt: int = ANY_ATTEMPT) -> None:
    """Write a state that is not the end, unless an attempt after ``attempt`` has begun."""
    given = (attempt, encode_state(state), SECONDS_WHILE_RUNNING)
    sync_client().eval(script("state"), 2, *keys(generation_id), *given)


def write_positions(queued: Sequence[QueuedGeneration]) -> int:
    """Write the positions of queued generations in one round trip; return how many have changed."""
    names = [key for item in queued for key in keys(item.generation_id)]
    values = [value for item in queued for value in (item.attempt, item.position.encode())]
    return int(sync_client().eval(script("positions"), len(names), *names, SECONDS_WHILE_RUNNING, *values))


def read_log(generation_id: UUID, *, after: int = 0) -> Events:
    """What a reader who has ``after`` code points is missing, as of now."""
    entries = cast("list[RawEntry]", sync_client().xrange(events_key(generation_id), min=f"({after}-0"))
    return decode(entries, after=after)


async def read_log_async(client: "redis.asyncio.Redis", generation_id: UUID, *, after: int = 0) -> Events:
    """``read_log`` for the event loop."""
    entries = cast("list[RawEntry]", await client.xrange(events_key(generation_id), min=f"({after}-0"))
    return decode(entries, after=after)
