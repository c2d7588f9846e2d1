"""The event log: what a generation has produced, in Redis. Readers get it in order and once.

A string holds the text. A hash, the head, holds the attempt that owns the log, the offset at which the text ends, the
latest state and the end. Offsets count Unicode code points. Only the attempt that opened the log last may append, and
nobody may after the end. Lua scripts make each step atomic and publish it as frames (``frames``).
"""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import msgspec
import structlog
from redis.exceptions import OutOfMemoryError, RedisError

from apps.generation.errors import LogUnavailable, StoreFull
from apps.generation.log.entries import (
    Ended,
    Events,
    GapInLog,
    QueuedGeneration,
    StateEntry,
    encode_running,
    encode_state,
    facts_of,
)
from apps.generation.log.frames import CHANNEL
from apps.generation.models import State
from apps.inference.logprobs import ScoredToken
from apps.stores.redis import script as script_in
from apps.stores.redis import sync_client

if TYPE_CHECKING:
    import redis.asyncio

logger = structlog.get_logger(__name__)

MEMORY_KEY = "workbench:generation:memory"
CANCEL_CHANNEL = "workbench:generation:cancel"
SECONDS_WHILE_RUNNING = 24 * 3600
SECONDS_AFTER_END = 300
SECONDS_FOR_TOKENS = 3600  # after the latest token: longer than a stream may pause
ANY_ATTEMPT = 2**31


@dataclass(frozen=True, slots=True)
class Opened:
    """A log that an attempt has taken: its whole text, and the number of its tokens, if the log knows the number."""

    text: str
    tokens: int | None


@dataclass(frozen=True, slots=True)
class EndedAt:
    """The log has ended at ``offset``, which is beyond the given text if readers have seen more."""

    offset: int


@dataclass(frozen=True, slots=True)
class HeldByNewer:
    """The log belongs to a newer attempt and was not ended."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The log beyond a reader's offset; ``states`` is the number of the latest state."""

    events: Events
    states: int


def head_key(generation_id: UUID) -> str:
    """Return the key of the hash."""
    return f"workbench:generation:{{{generation_id}}}:log"


def text_key(generation_id: UUID) -> str:
    """Return the key of the text."""
    return f"workbench:generation:{{{generation_id}}}:text"


def tokens_key(generation_id: UUID) -> str:
    """Return the key of the tokens with their log probabilities, which few generations have."""
    return f"workbench:generation:{{{generation_id}}}:tokens"


def encode_tokens(tokens: Sequence[ScoredToken]) -> bytes:
    """Return the tokens of one append as JSON."""
    return msgspec.json.encode(tokens)


def decode_tokens(data: str | bytes) -> list[ScoredToken]:
    """Return the tokens of a JSON list."""
    return msgspec.json.decode(data, type=list[ScoredToken])


def read_tokens(generation_id: UUID, *, skip: int = 0) -> list[list[ScoredToken]]:
    """Return the tokens of each append but the first ``skip``; empty if the log is gone."""
    found = cast("list[bytes]", sync_client().lrange(tokens_key(generation_id), skip, -1))
    return [decode_tokens(data) for data in found]


def let_tokens_expire(generation_id: UUID) -> None:
    """Keep the tokens for as long as the rest of a log that has ended."""
    sync_client().expire(tokens_key(generation_id), SECONDS_AFTER_END)


def keys(generation_id: UUID) -> list[str]:
    """Return both keys, in the order in which scripts take them."""
    return [head_key(generation_id), text_key(generation_id)]


def script(name: str) -> str:
    """Return a script of the log, after the functions that all scripts share."""
    return script_in("apps.generation.log.scripts", "shared") + script_in("apps.generation.log.scripts", name)


def require_memory() -> None:
    """Raise ``StoreFull`` if Redis has no memory left to write. Other failures of Redis are only logged."""
    try:
        sync_client().set(MEMORY_KEY, 1, ex=60)
    except OutOfMemoryError:
        raise StoreFull from None
    except RedisError as error:  # the generation is stored anyway and sent to a worker when Redis is back
        logger.warning("memory not checked", error=type(error).__name__)


async def open_log(
    client: "redis.asyncio.Redis", generation_id: UUID, *, attempt: int, checkpoint: str, model: str = ""
) -> Opened:
    """Take the log for ``attempt``, in which ``model`` is to write. The log's text may be ahead of the checkpoint.

    Raises ``LogUnavailable`` if the log has ended or a newer attempt holds it.
    """
    given = _opening(generation_id, attempt, checkpoint, encode_running(model))
    answer = await client.eval(script("open"), 2, *given)
    if isinstance(answer, bytes):
        raise LogUnavailable
    offset, tail, tokens = answer
    text = checkpoint + _last_of(tail, offset - len(checkpoint), len(checkpoint))
    return Opened(text, int(tokens) if tokens else None)


def begin_anew(generation_id: UUID, *, attempt: int, text: str, tokens: int) -> None:
    """Replace a log that has ended by a log for the next attempt that begins with ``text``, of ``tokens`` tokens."""
    with sync_client().pipeline(transaction=True) as pipeline:
        pipeline.delete(*keys(generation_id))
        pipeline.eval(script("open"), 2, *_opening(generation_id, attempt, text, encode_state(State.QUEUED)))
        pipeline.hset(head_key(generation_id), "tokens", str(tokens))
        pipeline.execute()


def end_log(generation_id: UUID, ended: Ended, *, attempt: int = ANY_ATTEMPT, text: str = "") -> EndedAt | HeldByNewer:
    """End the log and make it hold at least ``text``; do nothing if it has ended already."""
    start = len(text)
    while True:
        answer = sync_client().eval(
            script("end"),
            2,
            *keys(generation_id),
            CHANNEL,
            SECONDS_AFTER_END,
            generation_id.bytes,
            attempt,
            ended.encode(),
            len(text),
            start,
            text[start:],
        )
        word, offset = cast("tuple[bytes, int]", answer)
        if word == b"fenced":
            return HeldByNewer()
        if word == b"at":
            return EndedAt(offset)
        start = offset  # Redis lost text


def broadcast_cancellation(generation_id: UUID) -> None:
    """Tell every worker that the generation was cancelled."""
    sync_client().publish(CANCEL_CHANNEL, str(generation_id))


def first_token_at(generation_id: UUID) -> datetime | None:
    """Return when the first token was written, if the log knows."""
    began = cast("bytes | None", sync_client().hget(head_key(generation_id), "began"))
    return datetime.fromisoformat(began.decode()) if began else None


def write_state(generation_id: UUID, state: State, *, attempt: int = ANY_ATTEMPT, model: str = "") -> None:
    """Write a state that is not the end, unless an attempt after ``attempt`` has begun. ``model`` writes next."""
    entry = encode_running(model) if state == State.RUNNING else encode_state(state)
    given = (CHANNEL, SECONDS_WHILE_RUNNING, generation_id.bytes, attempt, entry)
    sync_client().eval(script("state"), 1, head_key(generation_id), *given)


def write_positions(queued: Sequence[QueuedGeneration]) -> int:
    """Write the positions of queued generations in one round trip; return how many have changed."""
    names = [head_key(item.generation_id) for item in queued]
    values = [value for item in queued for value in (item.generation_id.bytes, item.attempt, item.position.encode())]
    given = (CHANNEL, SECONDS_WHILE_RUNNING, *values)
    return int(cast("int", sync_client().eval(script("positions"), len(names), *names, *given)))


def read_log(generation_id: UUID, *, after: int = 0) -> Events:
    """Return what a reader who has ``after`` code points is missing now. Raises ``GapInLog``."""
    answer = sync_client().eval(script("read"), 2, *keys(generation_id), after)
    return _snapshot(cast("list[Any]", answer), after).events


async def read_snapshot(client: "redis.asyncio.Redis", generation_id: UUID, *, after: int = 0) -> Snapshot:
    """Read what a reader who has ``after`` code points is missing now. Raises ``GapInLog``."""
    answer = client.eval(script("read"), 2, *keys(generation_id), after)
    return _snapshot(await cast("Awaitable[list[Any]]", answer), after)


def _opening(generation_id: UUID, attempt: int, text: str, state_entry: str) -> list[Any]:
    given = [CHANNEL, SECONDS_WHILE_RUNNING, generation_id.bytes, attempt, len(text), text, state_entry]
    return [*keys(generation_id), *given]


def _snapshot(answer: list[Any], after: int) -> Snapshot:
    offset, tail, state_entry, states, state_offset, ended = answer
    # A state that is older than the reader's text is no news.
    is_news = bool(state_entry) and state_offset >= after
    events = Events(
        after,
        _last_of(tail, offset - after, after),
        ended=Ended.decode(ended) if ended else None,
        is_writing=offset > state_offset,
        **facts_of(StateEntry.decode(state_entry) if is_news else None),
    )
    return Snapshot(events, states)


def _last_of(tail: bytes, count: int, reached: int) -> str:
    """Return the last ``count`` code points of ``tail``, which may begin inside a code point."""
    if count <= 0:
        return ""
    text = tail.decode(errors="ignore")
    if len(text) < count:
        raise GapInLog(reached, reached + count - len(text))
    return text[-count:]
