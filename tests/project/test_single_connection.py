"""A connection of one's own gives each command its own answer, whatever became of the command before."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import NoScriptError, ResponseError
from redis.exceptions import TimeoutError as NoAnswer

from apps.stores import single_connection
from apps.stores.redis import sync_client
from apps.stores.single_connection import SingleConnection

NOBODY_PUSHES = "workbench:test:nobody-pushes"
PATIENCE = 60.0


@pytest.fixture
async def connection(redis_url: str) -> AsyncIterator[SingleConnection]:
    connection = SingleConnection()
    yield connection
    await connection.close()


async def waiting(connection: SingleConnection) -> tuple["asyncio.Task[Any]", int]:
    """A command without an answer yet, and the id of its client at Redis, which has received it."""
    client_id = await connection.execute("CLIENT", "ID")
    task = asyncio.create_task(connection.execute("BLPOP", NOBODY_PUSHES, 0))
    async with asyncio.timeout(PATIENCE):
        while str(client_id) not in blocked_clients():  # noqa: ASYNC110 - Redis knows it, not this loop
            await asyncio.sleep(0.01)
    return task, client_id


def blocked_clients() -> list[str]:
    return [client["id"] for client in sync_client().client_list() if client["cmd"] == "blpop"]


async def test_commands_share_one_connection(connection: SingleConnection) -> None:
    ids = [await connection.execute("CLIENT", "ID") for _ in range(3)]
    assert len(set(ids)) == 1
    assert await connection.execute("ECHO", "é 🦙 \r\n") == "é 🦙 \r\n".encode()
    assert await connection.execute("ECHO", b"\xff\0") == b"\xff\0"


async def test_a_refusal_leaves_the_connection_open(connection: SingleConnection) -> None:
    before = await connection.execute("CLIENT", "ID")
    with pytest.raises(NoScriptError):
        await connection.execute("EVALSHA", "0" * 40, 0)
    with pytest.raises(ResponseError):
        await connection.execute("NO-SUCH-COMMAND")
    assert await connection.execute("CLIENT", "ID") == before


async def test_a_connection_that_redis_closed_is_opened_anew(connection: SingleConnection) -> None:
    before = await connection.execute("CLIENT", "ID")
    sync_client().client_kill_filter(_id=str(before))
    await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE):
        while True:  # the end of the connection may take a moment to get here
            try:
                after = await connection.execute("CLIENT", "ID")
            except ConnectionLost:
                continue
            if after != before:
                break
    assert await connection.execute("ECHO", "after") == b"after"


async def test_a_connection_lost_in_the_middle_of_a_command_says_so(connection: SingleConnection) -> None:
    task, client_id = await waiting(connection)
    sync_client().client_kill_filter(_id=str(client_id))
    with pytest.raises(ConnectionLost):
        await task
    assert await connection.execute("ECHO", "after") == b"after"


async def test_a_cancelled_command_takes_its_answer_along(connection: SingleConnection) -> None:
    task, client_id = await waiting(connection)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    sync_client().rpush(NOBODY_PUSHES, "late")
    try:
        assert await connection.execute("ECHO", "after") == b"after"
        assert await connection.execute("CLIENT", "ID") != client_id
    finally:
        sync_client().delete(NOBODY_PUSHES)


async def test_a_command_without_an_answer_times_out(
    connection: SingleConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    task, client_id = await waiting(connection)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    monkeypatch.setattr(single_connection, "ANSWER_SECONDS", 0.2)
    with pytest.raises(NoAnswer):
        await connection.execute("BLPOP", NOBODY_PUSHES, 0)
    monkeypatch.undo()
    assert await connection.execute("ECHO", "after") == b"after"
    assert await connection.execute("CLIENT", "ID") != client_id


async def test_what_nobody_asked_for_is_no_answer(connection: SingleConnection) -> None:
    before = await connection.execute("CLIENT", "ID")
    assert connection._connection is not None  # noqa: SLF001 - an answer has to be left over
    await connection._connection.send_command("ECHO", "left over")  # noqa: SLF001
    async with asyncio.timeout(PATIENCE):
        while not await connection._connection.can_read():  # noqa: SLF001, ASYNC110
            await asyncio.sleep(0.01)
    assert await connection.execute("ECHO", "after") == b"after"
    assert await connection.execute("CLIENT", "ID") != before
