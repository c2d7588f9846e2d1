"""A channel is heard through restarts and silence, and what may have been missed is said."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from apps.stores import listener as listening
from apps.stores.listener import Listener
from apps.stores.redis import sync_client

PATIENCE = 60.0


class Ear:
    """A listener on a channel of its own, what it heard, and since when it may have missed something."""

    def __init__(self) -> None:
        self.channel = f"workbench:test:{uuid4()}"
        self.heard: list[bytes] = []
        self.missed: list[datetime] = []
        self.listener = Listener(self.channel, hear=self.heard.append, missed=self.missed.append)

    def say(self, text: str | bytes) -> None:
        assert sync_client().publish(self.channel, text) == 1

    def is_connected(self) -> bool:
        return sync_client().pubsub_numsub(self.channel)[0][1] == 1


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - Redis knows it, not this loop
            await asyncio.sleep(0.01)


@pytest.fixture
async def ear(redis_url: str) -> AsyncIterator[Ear]:
    ear = Ear()
    await ear.listener.ready()
    yield ear
    await ear.listener.close()


def subscribers() -> list[dict[str, str]]:
    return [client for client in sync_client().client_list() if client["sub"] == "1"]


def drop_subscribers() -> None:
    for client in subscribers():
        sync_client().client_kill_filter(_id=client["id"])


async def test_messages_are_heard_in_order_and_as_they_are(ear: Ear) -> None:
    said = [b"\xff\0\r\n", "é 🦙".encode(), b"", b"x" * 1_000_000, *(b"%d" % number for number in range(1000))]
    for message in said:
        ear.say(message)
    await until(lambda: len(ear.heard) >= len(said))
    assert ear.heard == said
    assert not ear.missed


async def test_a_lost_connection_is_opened_anew_and_said(ear: Ear) -> None:
    before = datetime.now(UTC)
    ear.say("before")
    await until(lambda: ear.heard)
    drop_subscribers()
    await until(lambda: ear.missed and ear.is_connected())
    assert before <= ear.missed[0] <= datetime.now(UTC)
    ear.say("after")
    await until(lambda: len(ear.heard) > 1)
    assert ear.heard == [b"before", b"after"]
    assert len(ear.missed) == 1


async def test_a_quiet_channel_is_asked_and_stays(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "QUIET_SECONDS", 2.0)
    drop_subscribers()
    await until(lambda: ear.missed and ear.is_connected())
    await until(lambda: any(client["cmd"] == "ping" for client in subscribers()))
    ear.say("still here")
    await until(lambda: ear.heard)


async def test_a_redis_that_does_not_answer_counts_as_gone(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "QUIET_SECONDS", 0.2)
    drop_subscribers()
    await until(lambda: ear.missed and ear.is_connected())
    known = len(ear.missed)
    sync_client().client_pause(2000)  # answers nothing meanwhile, not even a ping
    await until(lambda: len(ear.missed) > known)
    await until(ear.is_connected)


async def test_a_closed_listener_leaves_no_connection(ear: Ear) -> None:
    assert ear.is_connected()
    await ear.listener.close()
    await until(lambda: not ear.is_connected())
