"""The limit of live connections of one person."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest
from pytest_django import Settings

from apps.generation import live_connections
from apps.generation.errors import TooManyConnections
from apps.generation.live_connections import LiveConnections, count_live_connections, keys
from apps.stores.redis import sync_client

PERSON, ANOTHER = 1_000_001, 1_000_002


@pytest.fixture
async def stack(redis_url: str, settings: Settings) -> AsyncIterator[AsyncExitStack]:
    settings.STREAMS_PER_PERSON = 2
    for person in (PERSON, ANOTHER):
        sync_client().delete(*keys(person))
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
async def web_process(stack: AsyncExitStack) -> Callable[[], LiveConnections]:
    def new() -> LiveConnections:
        streams = LiveConnections()
        stack.push_async_callback(streams.close)
        return streams

    return new


async def test_the_next_one_is_refused_with_a_sentence(
    stack: AsyncExitStack, web_process: Callable[[], LiveConnections]
) -> None:
    streams = web_process()
    for _ in range(2):
        await streams.check_limit_for(PERSON)
        await stack.enter_async_context(streams.hold_for(PERSON))
    with pytest.raises(TooManyConnections, match="2 live pages and streams open"):
        await stack.enter_async_context(streams.hold_for(PERSON))
    with pytest.raises(TooManyConnections):
        await streams.check_limit_for(PERSON)
    await stack.enter_async_context(streams.hold_for(ANOTHER))
    assert count_live_connections() == 3


async def test_all_web_processes_count_together(
    stack: AsyncExitStack, web_process: Callable[[], LiveConnections]
) -> None:
    for _ in range(2):
        await stack.enter_async_context(web_process().hold_for(PERSON))
    with pytest.raises(TooManyConnections):
        await stack.enter_async_context(web_process().hold_for(PERSON))


async def test_who_leaves_makes_room_also_when_cancelled(
    stack: AsyncExitStack, web_process: Callable[[], LiveConnections]
) -> None:
    streams = web_process()
    holding = asyncio.Event()

    async def hold() -> None:
        async with streams.hold_for(PERSON):
            holding.set()
            await asyncio.Event().wait()

    await stack.enter_async_context(streams.hold_for(PERSON))
    task = asyncio.create_task(hold())
    await holding.wait()
    with pytest.raises(TooManyConnections):
        await stack.enter_async_context(streams.hold_for(PERSON))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await until_taken(stack, streams)


async def test_connections_of_a_killed_process_are_free_after_their_lease(
    stack: AsyncExitStack, web_process: Callable[[], LiveConnections], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_connections, "LEASE_SECONDS", 0.5)
    dead = web_process()
    monkeypatch.setattr(dead, "_free", _never)
    for _ in range(2):
        async with dead.hold_for(PERSON):
            pass
    with pytest.raises(TooManyConnections):
        await stack.enter_async_context(web_process().hold_for(PERSON))
    await until_taken(stack, web_process())


async def test_held_connections_are_renewed(
    stack: AsyncExitStack, web_process: Callable[[], LiveConnections], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_connections, "RENEW_SECONDS", 0.05)
    streams = web_process()
    for _ in range(2):
        await stack.enter_async_context(streams.hold_for(PERSON))
    sync_client().delete(*keys(PERSON))  # as when Redis was emptied
    async with asyncio.timeout(60):
        while sync_client().zcard(keys(PERSON)[0]) < 2:  # noqa: ASYNC110 - Redis sets no event
            await asyncio.sleep(0.02)
    with pytest.raises(TooManyConnections):
        await stack.enter_async_context(streams.hold_for(PERSON))


async def until_taken(stack: AsyncExitStack, streams: LiveConnections) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                await stack.enter_async_context(streams.hold_for(PERSON))
            except TooManyConnections:
                await asyncio.sleep(0.02)
            else:
                return


async def _never(*_: object) -> None:
    """A process that was killed frees nothing."""
