"""Celery's way to Redis, without what kombu does for messages that may not be lost.

A lost ticket does no harm: the reaper sends it again. kombu would copy each ticket when it arrives and remove the copy
when its task begins, in two transactions, and would make a client for each command. Both took a third of a
worker's CPU for a short reply.
"""

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis, virtual

SCHEMES = ("redis", "rediss")


class TicketChannel(redis.Channel):
    """Keeps unacknowledged tickets in this process alone, where they count for the prefetch limit."""

    QoS = virtual.QoS  # type: ignore[assignment]  # the stubs know Redis' own alone
    # Restore no tickets when a connection closes. kombu 5.7 restores over the closed connection and fails; after
    # that, the worker fetched no more tickets.
    do_restore = False

    _kept: Any = None

    def _create_client(self, asynchronous: bool = False) -> Any:  # noqa: FBT001, FBT002 (kombu names it so)
        make: Any = super()._create_client  # type: ignore[misc]  # not in the stubs
        if asynchronous:
            return make(asynchronous=True)
        if self._kept is None or self._kept.connection_pool is not self.pool:
            self._kept = make()
        return self._kept


class TicketTransport(redis.Transport):
    """kombu's Redis transport with ``TicketChannel``."""

    Channel = TicketChannel


def use_ticket_transport() -> None:
    """Have this process use the transport for every Redis URL. Call it before the first connection."""
    for scheme in SCHEMES:
        TRANSPORT_ALIASES[scheme] = f"{__name__}:{TicketTransport.__name__}"
