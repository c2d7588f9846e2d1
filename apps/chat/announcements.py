"""Tells the open sockets of a conversation that it has new messages."""

from collections.abc import Sequence
from uuid import UUID

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

logger = structlog.get_logger(__name__)


def group_of(conversation_id: UUID) -> str:
    return f"conversation.{conversation_id}"


def announce_messages(conversation_id: UUID, message_ids: Sequence[UUID]) -> None:
    """Have every socket that shows the conversation show these messages too.

    A socket that misses it finds them when it connects again, so a failure is only logged.
    """
    event = {"type": "messages.added", "ids": [str(message_id) for message_id in message_ids]}
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        async_to_sync(layer.group_send)(group_of(conversation_id), event)
    except (RedisError, OSError) as error:
        logger.warning("messages not announced", conversation=str(conversation_id), error=type(error).__name__)
