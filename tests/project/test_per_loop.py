"""Objects of an event loop are closed when the loop ends."""

import asyncio

import uvloop

from apps.stores.per_loop import PerLoop


class Connection:
    is_closed = False

    async def close(self) -> None:
        await asyncio.sleep(0)
        self.is_closed = True


async def ask_twice(kept: PerLoop[Connection]) -> Connection:
    connection = kept()
    assert kept() is connection
    assert not connection.is_closed
    return connection


def test_each_loop_has_its_own_and_closes_it() -> None:
    kept = PerLoop(Connection)
    connections = [asyncio.run(ask_twice(kept)), uvloop.run(ask_twice(kept)), asyncio.run(ask_twice(kept))]
    assert len(set(connections)) == 3
    assert all(connection.is_closed for connection in connections)
