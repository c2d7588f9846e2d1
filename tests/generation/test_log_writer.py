"""Tokens reach the log in order and once, in batches that grow while Redis is busy."""

import asyncio
from collections.abc import AsyncIterator, Callable
from uuid import UUID, uuid4

import pytest
import redis.asyncio

from apps.generation.log import store
from apps.generation.log.entries import Ended
from apps.generation.log.frames import CHANNEL, frames_of
from apps.generation.models import State
from apps.generation.worker import log_writer
from apps.generation.worker.attempt import Attempt, StopReason
from apps.generation.worker.log_writer import LogWriter

PATIENCE = 60.0

type Client = redis.asyncio.Redis


class Holders:
    """Attempts that have lost their generation."""

    def __init__(self) -> None:
        self.lost: set[int] = set()
        self.meanwhile: Callable[[], None] | None = None

    async def __call__(self, generation_id: UUID, attempt: int) -> bool:  # noqa: ARG002
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        return attempt not in self.lost


@pytest.fixture
def is_held() -> Holders:
    return Holders()


@pytest.fixture
async def writer(log_client: Client, is_held: Holders) -> AsyncIterator[LogWriter]:
    writer = LogWriter(log_client, is_held)
    task = asyncio.create_task(writer.run_forever())
    yield writer
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def begin_attempt(client: Client, generation_id: UUID, attempt: int = 1) -> Attempt:
    opened = await store.open_log(client, generation_id, attempt=attempt, checkpoint="")
    return Attempt.resumed(generation_id, attempt=attempt, text=opened.text, saved=0)


async def test_many_attempts_are_written_in_order(writer: LogWriter, log_client: Client) -> None:
    attempts = [await begin_attempt(log_client, uuid4()) for _ in range(20)]
    for number in range(50):
        for attempt in attempts:
            writer.append(attempt, f"{number} ")
        await asyncio.sleep(0)
    await asyncio.gather(*(attempt.wait_until_appended() for attempt in attempts))
    for attempt in attempts:
        assert store.read_log(attempt.generation_id).text == attempt.text == "".join(f"{n} " for n in range(50))


async def test_tokens_that_wait_are_written_as_one(writer: LogWriter, log_client: Client, generation_id: UUID) -> None:
    attempt = await begin_attempt(log_client, generation_id)
    async with log_client.pubsub() as pubsub:
        await pubsub.subscribe(CHANNEL)
        await pubsub.get_message(timeout=60)
        for _ in range(100):
            writer.append(attempt, "token ")
        await attempt.wait_until_appended()
        heard = await pubsub.get_message(timeout=60)
    texts = [frame.payload for frame in frames_of(heard["data"], {generation_id.bytes})]
    assert texts == ["token " * 100]


async def test_streams_read_when_the_next_command_is_written(
    writer: LogWriter, log_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_text_gather(monkeypatch, seconds=3600.0)
    attempts = [await begin_attempt(log_client, uuid4()) for _ in range(3)]
    for attempt in attempts[:2]:
        writer.append(attempt, "one ")
    async with asyncio.timeout(PATIENCE):
        while not writer.pace.is_on:  # noqa: ASYNC110 (nothing tells of it)
            await asyncio.sleep(0.01)
        writer.pace.pause(lambda: writer.append(attempts[0], "two"))
        writer.append(attempts[2], "first")  # and a first token does not wait
        await attempts[2].wait_until_appended()
    texts = [store.read_log(attempt.generation_id).text for attempt in attempts]
    assert texts == ["one two", "one ", "first"]


async def test_streams_that_read_no_text_are_not_left_waiting(
    writer: LogWriter, log_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_text_gather(monkeypatch, seconds=0.001)
    attempts = [await begin_attempt(log_client, uuid4()) for _ in range(2)]
    read: list[bool] = []
    ended = asyncio.Event()

    def read_keep_alive() -> None:
        read.append(writer.pace.is_on)
        if writer.pace.is_on:
            writer.pace.pause(read_keep_alive)
        else:
            ended.set()

    await asyncio.sleep(0)  # the writer waits for work
    writer.pace.pause(read_keep_alive)
    for attempt in attempts:
        writer.append(attempt, "text")
    async with asyncio.timeout(PATIENCE):
        await ended.wait()
    assert read == [True, False]


def let_text_gather(monkeypatch: pytest.MonkeyPatch, *, seconds: float) -> None:
    """Let text gather so long after a command for two attempts, whose streams are paused meanwhile."""
    for name in ("GATHER_PER_ATTEMPT", "LONGEST_GATHER"):
        monkeypatch.setattr(log_writer, name, seconds)
    monkeypatch.setattr(log_writer, "PACED_ATTEMPTS", 2)


async def test_the_end_stops_the_attempt(writer: LogWriter, log_client: Client, generation_id: UUID) -> None:
    attempt = await begin_attempt(log_client, generation_id)
    store.end_log(generation_id, Ended(State.CANCELLED))
    writer.append(attempt, "too late")
    await attempt.wait_until_appended()
    assert attempt.stopped is StopReason.CANCELLED
    assert store.read_log(generation_id).text == ""


async def test_a_newer_attempt_stops_the_run(writer: LogWriter, log_client: Client, generation_id: UUID) -> None:
    attempt = await begin_attempt(log_client, generation_id)
    await begin_attempt(log_client, generation_id, attempt=2)
    writer.append(attempt, "stale")
    await attempt.wait_until_appended()
    assert attempt.stopped is StopReason.LOST


async def test_a_lost_log_is_made_anew(writer: LogWriter, log_client: Client, generation_id: UUID) -> None:
    attempt = await begin_attempt(log_client, generation_id)
    writer.append(attempt, "before ")
    await attempt.wait_until_appended()
    await log_client.delete(*store.keys(generation_id))
    writer.append(attempt, "after")
    await attempt.wait_until_appended()
    assert store.read_log(generation_id).text == "before after"


async def test_a_lost_log_with_a_later_state_is_made_anew(
    writer: LogWriter, log_client: Client, generation_id: UUID
) -> None:
    attempt, other = await begin_attempt(log_client, generation_id), await begin_attempt(log_client, uuid4())
    writer.append(attempt, "one ")
    await attempt.wait_until_appended()
    await log_client.delete(*store.keys(generation_id))
    store.write_state(generation_id, State.QUEUED)
    writer.append(attempt, "two")
    writer.append(other, "beside it")
    await asyncio.gather(attempt.wait_until_appended(), other.wait_until_appended())
    assert store.read_log(generation_id).text == "one two"
    assert store.read_log(other.generation_id).text == "beside it"


async def test_what_comes_while_a_log_is_made_anew_is_written_too(
    writer: LogWriter, log_client: Client, is_held: Holders, generation_id: UUID
) -> None:
    attempt = await begin_attempt(log_client, generation_id)
    await log_client.delete(*store.keys(generation_id))
    is_held.meanwhile = lambda: writer.append(attempt, "after")
    writer.append(attempt, "before ")
    await attempt.wait_until_appended()
    assert store.read_log(generation_id).text == "before after" == attempt.text
    assert attempt.appended == len(attempt.text)


async def test_what_has_ended_gets_no_new_log(
    writer: LogWriter, log_client: Client, is_held: Holders, generation_id: UUID
) -> None:
    attempt = await begin_attempt(log_client, generation_id)
    await log_client.delete(*store.keys(generation_id))
    is_held.lost.add(attempt.number)
    writer.append(attempt, "too late")
    await attempt.wait_until_appended()
    assert attempt.stopped is StopReason.LOST
    assert not await log_client.exists(*store.keys(generation_id))


async def test_a_log_that_a_stale_attempt_made_anew_is_taken_back(
    writer: LogWriter, log_client: Client, generation_id: UUID
) -> None:
    attempt = await begin_attempt(log_client, generation_id, attempt=2)
    writer.append(attempt, "one ")
    await attempt.wait_until_appended()
    await log_client.delete(*store.keys(generation_id))
    await store.open_log(log_client, generation_id, attempt=1, checkpoint="on")
    writer.append(attempt, "two")
    await attempt.wait_until_appended()
    assert attempt.stopped is None
    assert store.read_log(generation_id).text == "one two"


async def test_text_that_another_attempt_wrote_is_not_written_over(
    writer: LogWriter, log_client: Client, generation_id: UUID
) -> None:
    attempt = await begin_attempt(log_client, generation_id, attempt=2)
    await log_client.delete(*store.keys(generation_id))
    await store.open_log(log_client, generation_id, attempt=1, checkpoint="much more text")
    writer.append(attempt, "one")
    await attempt.wait_until_appended()
    assert attempt.stopped is StopReason.LOST
    assert store.read_log(generation_id).text == "much more text"


async def test_forgotten_scripts_are_loaded_again(writer: LogWriter, log_client: Client, generation_id: UUID) -> None:
    attempt = await begin_attempt(log_client, generation_id)
    writer.append(attempt, "one ")
    await attempt.wait_until_appended()
    await log_client.script_flush()
    writer.append(attempt, "two")
    await attempt.wait_until_appended()
    assert store.read_log(generation_id).text == "one two"


async def test_the_end_says_how_many_tokens_the_log_has(
    writer: LogWriter, log_client: Client, generation_id: UUID
) -> None:
    attempt = await begin_attempt(log_client, generation_id)
    for word in ("one ", "two ", "three"):
        writer.append(attempt, word)
        attempt.tokens += 1
    await attempt.wait_until_appended()
    store.end_log(generation_id, Ended(State.CANCELLED))
    ended = store.read_log(generation_id).ended
    assert ended == Ended(State.CANCELLED, usage={"completion_tokens": 3})
    assert store.first_token_at(generation_id) == attempt.first_token_at


async def test_an_end_that_knows_its_tokens_is_believed(
    writer: LogWriter, log_client: Client, generation_id: UUID
) -> None:
    attempt = await begin_attempt(log_client, generation_id)
    attempt.tokens = 3
    writer.append(attempt, "one two three")
    await attempt.wait_until_appended()
    known = Ended(State.SUCCEEDED, "stop", "é 🦙", {"prompt_tokens": None, "completion_tokens": 4})
    store.end_log(generation_id, known)
    assert store.read_log(generation_id).ended == known


async def test_a_connection_lost_in_the_middle_of_a_command_loses_and_repeats_nothing(
    writer: LogWriter, log_client: Client
) -> None:
    attempts = [await begin_attempt(log_client, uuid4()) for _ in range(5)]
    for number in range(200):
        for attempt in attempts:
            writer.append(attempt, f"{number} ")
        if number % 20 == 0:
            await asyncio.sleep(0)
            await log_client.client_kill_filter(_type="normal", skipme=True)
        await asyncio.sleep(0.001)
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(attempt.wait_until_appended() for attempt in attempts))
    for attempt in attempts:
        assert store.read_log(attempt.generation_id).text == attempt.text == "".join(f"{n} " for n in range(200))
