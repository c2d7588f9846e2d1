"""One connection to Redis that one task keeps: a command or a message costs a fraction of what a pool's costs."""

import asyncio
import math
from typing import TYPE_CHECKING, Any

import hiredis
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as NoAnswer

from apps.stores.redis import new_connection

if TYPE_CHECKING:
    from redis.asyncio.connection import AbstractConnection

ANSWER_SECONDS = 15.0  # for connecting and the answer
SILENT = "Redis does not answer."


class SingleConnection:
    """Takes one command at a time, in one event loop; connects when it is needed.

    A command that fails, is cancelled or times out closes the connection: otherwise the next command
    could get its answer.
    """

    def __init__(self) -> None:
        self._connection: AbstractConnection | None = None

    async def execute(self, *command: str | float | bytes) -> Any:
        """Return the answer to ``command``. Raises ``RedisError`` if Redis refuses it, is away or does not answer."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                connection = await self._connected()
                packed = hiredis.pack_command(command)  # type: ignore[arg-type]  # its stub allows one part only
                await connection.send_packed_command(packed, check_health=False)
                return await connection.read_response(timeout=math.inf)
        except ResponseError:
            raise
        except TimeoutError as error:
            await self.close()
            raise NoAnswer(SILENT) from error
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close the connection; the next command opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)

    async def _connected(self) -> "AbstractConnection":
        if self._connection is not None:
            # Redis closed the connection, or sent data that no command asked for.
            if not await self._connection.can_read():
                return self._connection
            await self.close()
        self._connection = new_connection()
        await self._connection.connect()  # type: ignore[no-untyped-call]
        return self._connection


class Subscription:
    """The messages of one channel, through a connection of its own."""

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self._connection: AbstractConnection = new_connection()

    async def open(self) -> None:
        """Connect and subscribe. Redis confirms it with a message of the kind ``subscribe``."""
        async with asyncio.timeout(ANSWER_SECONDS):
            await self._connection.connect()  # type: ignore[no-untyped-call]
            await self._connection.send_command("SUBSCRIBE", self._channel, check_health=False)

    async def read(self) -> list[Any]:
        """Wait for a message and return its parts, the kind first. May be cancelled: nothing is lost."""
        message = await self._connection.read_response(timeout=math.inf, disconnect_on_error=False)
        if not isinstance(message, list):
            raise ConnectionLost("No message came from a channel.")
        return message

    async def ping(self) -> None:
        """Ask Redis for a message of the kind ``pong``."""
        async with asyncio.timeout(ANSWER_SECONDS):
            await self._connection.send_command("PING", check_health=False)

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.disconnect(nowait=True)
