"""Clients for Redis wait for a connection where there are more commands at once than connections."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import cast

from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache

from apps.stores.redis import MOST_CONNECTIONS, async_client, sync_client

MANY = 4 * MOST_CONNECTIONS


async def test_many_commands_of_one_loop_at_once(redis_url: str) -> None:
    client = async_client()
    try:
        answers = await asyncio.gather(*(client.echo(f"{number}") for number in range(MANY)))
    finally:
        await client.aclose()
    assert answers == [f"{number}".encode() for number in range(MANY)]


def test_many_threads_at_once_in_the_cache(redis_url: str) -> None:
    client = cast("RedisCache", caches["default"])._cache.get_client()  # noqa: SLF001 - Django has no other door
    with ThreadPoolExecutor(MANY) as threads:
        waits = [threads.submit(client.blpop, ["nothing comes here"], 0.2) for _ in range(MANY)]
        assert [wait.result() for wait in waits] == [None] * MANY


def test_many_threads_at_once(redis_url: str) -> None:
    with ThreadPoolExecutor(MANY) as threads:
        waits = [threads.submit(sync_client().blpop, ["nothing comes here"], 0.2) for _ in range(MANY)]
        assert [wait.result() for wait in waits] == [None] * MANY
