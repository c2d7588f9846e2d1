"""The event log on a real Valkey: in order, once, by one writer, until its end."""

import asyncio
from uuid import UUID

import pytest
import redis.asyncio

from apps.generation.errors import LogUnavailable
from apps.generation.log import store
from apps.generation.log.entries import Ended
from apps.generation.models import State
from tests.generation import log_steps

type Client = redis.asyncio.Redis


async def append(client: Client, generation_id: UUID, attempt: int, start: int, text: str) -> bytes:
    return await log_steps.append(client, generation_id, attempt=attempt, start=start, text=text)


async def opened(client: Client, generation_id: UUID, attempt: int, checkpoint: str) -> str:
    return (await store.open_log(client, generation_id, attempt=attempt, checkpoint=checkpoint)).text


async def test_text_is_read_back_from_any_offset(log_client: Client, generation_id: UUID) -> None:
    assert await opened(log_client, generation_id, 1, "") == ""
    assert await append(log_client, generation_id, 1, 0, "naïve ") == b"ok"
    assert await append(log_client, generation_id, 1, 6, "🦙 code") == b"ok"
    assert store.read_log(generation_id).text == "naïve 🦙 code"
    assert store.read_log(generation_id, after=7).text == " code"


async def test_a_repeated_append_is_recognised(log_client: Client, generation_id: UUID) -> None:
    await store.open_log(log_client, generation_id, attempt=1, checkpoint="")
    assert await append(log_client, generation_id, 1, 0, "once") == b"ok"
    assert await append(log_client, generation_id, 1, 0, "once") == b"ok"
    assert store.read_log(generation_id).text == "once"


async def test_a_gap_is_refused(log_client: Client, generation_id: UUID) -> None:
    await store.open_log(log_client, generation_id, attempt=1, checkpoint="")
    assert await append(log_client, generation_id, 1, 5, "late") == b"gap"


async def test_a_newer_attempt_shuts_the_older_one_out(log_client: Client, generation_id: UUID) -> None:
    await store.open_log(log_client, generation_id, attempt=1, checkpoint="")
    assert await append(log_client, generation_id, 1, 0, "one ") == b"ok"
    assert await opened(log_client, generation_id, 2, "") == "one "
    assert await append(log_client, generation_id, 1, 4, "stale") == b"fenced"
    assert await append(log_client, generation_id, 2, 4, "two") == b"ok"
    with pytest.raises(LogUnavailable):
        await store.open_log(log_client, generation_id, attempt=1, checkpoint="")
    assert store.read_log(generation_id).text == "one two"


async def test_nothing_follows_the_end(log_client: Client, generation_id: UUID) -> None:
    await store.open_log(log_client, generation_id, attempt=1, checkpoint="")
    assert await append(log_client, generation_id, 1, 0, "so far") == b"ok"
    store.end_log(generation_id, Ended(State.CANCELLED))
    store.end_log(generation_id, Ended(State.SUCCEEDED))
    assert await append(log_client, generation_id, 1, 6, " and on") == b"ended"
    store.write_state(generation_id, State.QUEUED)
    with pytest.raises(LogUnavailable):
        await store.open_log(log_client, generation_id, attempt=2, checkpoint="so far")
    events = store.read_log(generation_id)
    assert events.text == "so far"
    assert events.ended == Ended(State.CANCELLED)
    assert events.state is State.RUNNING  # the announcement came too late


async def test_a_lost_log_starts_from_the_checkpoint(log_client: Client, generation_id: UUID) -> None:
    assert await opened(log_client, generation_id, 3, "kept text") == "kept text"
    assert store.read_log(generation_id).text == "kept text"
    assert store.read_log(generation_id, after=5).text == "text"


async def test_a_log_behind_the_checkpoint_catches_up(log_client: Client, generation_id: UUID) -> None:
    await store.open_log(log_client, generation_id, attempt=1, checkpoint="")
    await append(log_client, generation_id, 1, 0, "kept")
    assert await opened(log_client, generation_id, 2, "kept text") == "kept text"
    assert store.read_log(generation_id).text == "kept text"


async def test_a_log_ahead_of_the_checkpoint_is_believed(log_client: Client, generation_id: UUID) -> None:
    await store.open_log(log_client, generation_id, attempt=1, checkpoint="")
    await append(log_client, generation_id, 1, 0, "kept text, and shown text")
    text = await opened(log_client, generation_id, 2, "kept text")
    assert text == "kept text, and shown text"


async def test_an_end_brings_the_text_that_redis_lost(log_client: Client, generation_id: UUID) -> None:
    await store.open_log(log_client, generation_id, attempt=1, checkpoint="")
    await append(log_client, generation_id, 1, 0, "na")
    done = Ended(State.SUCCEEDED)
    assert store.end_log(generation_id, done, attempt=1, text="naïve 🦙") == store.EndedAt(7)
    events = store.read_log(generation_id)
    assert (events.text, events.ended) == ("naïve 🦙", done)
    await log_client.delete(*store.keys(generation_id))
    assert store.end_log(generation_id, done, attempt=1, text="naïve 🦙") == store.EndedAt(7)
    assert store.read_log(generation_id, after=7).ended == done


async def test_an_end_says_where_the_log_is_ahead(log_client: Client, generation_id: UUID) -> None:
    await store.open_log(log_client, generation_id, attempt=1, checkpoint="")
    await append(log_client, generation_id, 1, 0, "seen by readers")
    assert store.end_log(generation_id, Ended(State.FAILED), attempt=1, text="seen") == store.EndedAt(15)
    assert store.end_log(generation_id, Ended(State.FAILED), attempt=1, text="seen") == store.EndedAt(15)


async def test_nothing_is_said_of_an_attempt_that_is_over(log_client: Client, generation_id: UUID) -> None:
    await store.open_log(log_client, generation_id, attempt=2, checkpoint="")
    assert store.end_log(generation_id, Ended(State.CANCELLED), attempt=1) == store.HeldByNewer()
    store.write_state(generation_id, State.QUEUED, attempt=1)
    events = store.read_log(generation_id)
    assert (events.state, events.ended) == (State.RUNNING, None)
    store.write_state(generation_id, State.QUEUED, attempt=2)
    assert store.read_log(generation_id).state == State.QUEUED


async def test_logs_expire_minutes_after_the_end(log_client: Client, generation_id: UUID) -> None:
    await store.open_log(log_client, generation_id, attempt=1, checkpoint="")
    assert await log_client.ttl(store.text_key(generation_id)) > store.SECONDS_AFTER_END
    store.end_log(generation_id, Ended(State.SUCCEEDED))
    for key in store.keys(generation_id):
        assert 0 < await log_client.ttl(key) <= store.SECONDS_AFTER_END


async def test_text_is_kept_as_bytes_of_itself(log_client: Client, generation_id: UUID) -> None:
    await store.open_log(log_client, generation_id, attempt=1, checkpoint="")
    text = "naïve 🦙 " * 100
    await append(log_client, generation_id, 1, 0, text)
    assert await log_client.strlen(store.text_key(generation_id)) == len(text.encode())
    for after in range(len(text)):
        assert store.read_log(generation_id, after=after).text == text[after:]


async def test_numbers_of_states_grow_though_redis_loses_the_log(log_client: Client, generation_id: UUID) -> None:
    store.write_state(generation_id, State.QUEUED)
    store.write_state(generation_id, State.RUNNING)
    before = (await store.read_snapshot(log_client, generation_id)).states
    await asyncio.sleep(0.3)
    await log_client.delete(*store.keys(generation_id))
    store.write_state(generation_id, State.QUEUED)
    assert (await store.read_snapshot(log_client, generation_id)).states > before
