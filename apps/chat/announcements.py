"""Tells the open pages of a conversation that it has new messages, shows another thread, or is gone."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

logger = structlog.get_logger(__name__)

type Announced = asyncio.Queue[list[UUID] | None]
"""Ids of messages; an empty list says that another thread is shown, ``None`` that access may be lost."""


def group_of(conversation_id: UUID) -> str:
    return f"conversation.{conversation_id}"


def announce_messages(conversation_id: UUID, message_ids: Sequence[UUID]) -> None:
    """Have every open page of the conversation show these messages too.

    A page that misses it finds them when it connects again, so a failure is only logged.
    """
    _announce(conversation_id, {"type": "messages.added", "ids": [str(message_id) for message_id in message_ids]})


def announce_thread(conversation_id: UUID) -> None:
    """Have every open page of the conversation show the thread that is its current one now."""
    _announce(conversation_id, {"type": "messages.added", "ids": []})


def announce_gone(conversation_id: UUID) -> None:
    """Have every open page of the conversation see at once whether it may still be shown."""
    _announce(conversation_id, {"type": "messages.added", "ids": None})


def _announce(conversation_id: UUID, event: dict[str, Any]) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        async_to_sync(layer.group_send)(group_of(conversation_id), event)
    except (RedisError, OSError) as error:
        logger.warning("messages not announced", conversation=str(conversation_id), error=type(error).__name__)


@asynccontextmanager
async def announced_messages(conversation_id: UUID) -> AsyncGenerator[Announced]:
    """The ids of the messages that are announced from now on."""
    layer: Any = get_channel_layer()
    announced: Announced = asyncio.Queue()
    channel = await layer.new_channel()
    # Does nothing but receive: the layer forgets a channel when what waits for its next message is cancelled.
    receiving = asyncio.create_task(_receive(channel, announced))
    try:
        await layer.group_add(group_of(conversation_id), channel)
        yield announced
    finally:
        receiving.cancel()
        await asyncio.gather(receiving, return_exceptions=True)
        await layer.group_discard(group_of(conversation_id), channel)


async def _receive(channel: str, announced: Announced) -> None:
    layer: Any = get_channel_layer()
    while True:
        event = await layer.receive(channel)
        ids = event["ids"]
        announced.put_nowait(None if ids is None else [UUID(message_id) for message_id in ids])
