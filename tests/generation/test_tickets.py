"""Tickets that a worker has fetched: counted for the prefetch limit, and written nowhere."""

import pytest
from celery import current_app
from kombu import Connection, Queue

from apps.stores.broker import TicketChannel, TicketTransport
from apps.stores.redis import sync_client

NAME = "tickets-under-test"


@pytest.fixture
def connection(redis_url: str) -> Connection:
    assert redis_url
    return current_app.connection_for_read()


def test_celery_uses_the_transport(connection: Connection) -> None:
    assert isinstance(connection.transport, TicketTransport)


def test_fetched_ticket_counts_but_is_stored_nowhere(connection: Connection) -> None:
    with connection, connection.channel() as channel:
        assert isinstance(channel, TicketChannel)
        queue = Queue(NAME, channel=channel)
        queue.declare()
        with connection.Producer() as producer:
            for number in range(2):
                producer.publish(str(number), routing_key=queue.name)
        assert kept_in_redis() == [f"workbench:celery:{NAME}"]
        channel.qos.prefetch_count = 2
        tickets = [ticket for _ in range(2) if (ticket := queue.get())]
        assert [ticket.decode() for ticket in tickets] == ["0", "1"]
        assert not channel.qos.can_consume()
        assert kept_in_redis() == []
        tickets[0].ack()
        assert channel.qos.can_consume()
        queue.delete()


def kept_in_redis() -> list[str]:
    """Return the keys of the queue's tickets, and of fetched ones."""
    keys = [key.decode() for key in sync_client().scan_iter(match="workbench:celery:*")]
    return [key for key in keys if key.endswith(f":{NAME}") or "unacked" in key]
