"""Readers end with exactly the text of the log, whenever they come and however slowly they read."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
import redis.asyncio
from django.db import transaction

from apps.accounts.models import User
from apps.generation.log import follower as log_follower
from apps.generation.log import store
from apps.generation.log.entries import Ended, Events
from apps.generation.log.follower import Follower
from apps.generation.models import Generation, State
from apps.stores.threads import in_thread
from tests.generation.conftest import ask
from tests.generation.log_steps import append

type Client = redis.asyncio.Redis

DONE = Ended(State.SUCCEEDED, "stop")


@pytest.fixture
async def follower(redis_url: str) -> AsyncIterator[Follower]:
    follower = Follower()
    yield follower
    await follower.close()


class Writer:
    """Appends to a log as a worker would."""

    def __init__(self, client: Client, generation_id: UUID) -> None:
        self.client, self.generation_id, self.offset = client, generation_id, 0

    async def open(self) -> None:
        await store.open_log(self.client, self.generation_id, attempt=1, checkpoint="")

    async def append(self, text: str) -> None:
        await append(self.client, self.generation_id, attempt=1, start=self.offset, text=text)
        self.offset += len(text)


async def read(follower: Follower, generation_id: UUID, after: int = 0) -> tuple[str, Ended | None]:
    text, ended = "", None
    async for events in follower.follow(generation_id, after=after):
        assert events.offset == after + len(text)
        text += events.text
        ended = events.ended
    return text, ended


async def test_backlog_at_once_then_what_arrives(follower: Follower, log_client: Client, generation_id: UUID) -> None:
    writer = Writer(log_client, generation_id)
    await writer.open()
    await writer.append("so far, ")
    events: list[Events] = []

    async def follow() -> None:
        async for some in follower.follow(generation_id, after=3):
            events.append(some)
            if len(events) == 1:
                await writer.append("and on")
                store.end_log(generation_id, DONE)

    await asyncio.wait_for(follow(), 60)
    assert events[0].text == "far, "
    assert "".join(some.text for some in events) == "far, and on"
    assert events[-1].ended == DONE


async def test_readers_come_and_go_while_others_are_followed(follower: Follower, log_client: Client) -> None:
    writers = [Writer(log_client, uuid4()) for _ in range(10)]
    readers = []
    for writer in writers:
        await writer.open()
        readers += [asyncio.create_task(read(follower, writer.generation_id)) for _ in range(3)]
    leaving = asyncio.create_task(read(follower, writers[0].generation_id))
    for number in range(100):
        for writer in writers:
            await writer.append(f"{number} ")
        if number == 50:
            leaving.cancel()
            readers += [asyncio.create_task(read(follower, writer.generation_id)) for writer in writers]
    for writer in writers:
        await asyncio.to_thread(store.end_log, writer.generation_id, DONE)
    results = await asyncio.wait_for(asyncio.gather(*readers), 60)
    expected = "".join(f"{number} " for number in range(100))
    assert len(results) == 40
    assert all(result == (expected, DONE) for result in results)


async def test_a_slow_reader_holds_little_and_misses_nothing(
    follower: Follower, log_client: Client, generation_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_follower, "LONGEST_BACKLOG", 5)
    writer = Writer(log_client, generation_id)
    await writer.open()
    text = ""
    async for events in follower.follow(generation_id, after=0):
        text += events.text
        if events.ended:
            break
        if writer.offset == 0:
            for number in range(200):
                await writer.append(f"{number} ")
            await asyncio.to_thread(store.end_log, generation_id, DONE)
    assert text == "".join(f"{number} " for number in range(200))


@transaction.atomic  # or a worker at hand would be first
def failed_generation(owner: User) -> Generation:
    generation = ask(owner, "count")
    Generation.objects.filter(pk=generation.pk).update(
        state=State.FAILED, text="1 2 3", text_length=5, error="Cut off.", ended_at=generation.created_at
    )
    return generation


@pytest.mark.django_db(transaction=True)
async def test_without_a_log_postgres_tells_the_end(
    follower: Follower, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_follower, "QUIET_SECONDS", 0.2)
    generation = await in_thread(failed_generation)(alice)
    text, ended = await asyncio.wait_for(read(follower, generation.pk, after=2), 60)
    assert text == "2 3"
    usage = {"prompt_tokens": None, "completion_tokens": None}
    assert ended == Ended(State.FAILED, error="Cut off.", usage=usage)
