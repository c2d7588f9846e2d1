"""The conversation's WebSocket: shows new messages and the replies as they are written, as HTML."""

import asyncio
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import structlog
from channels.generic.websocket import AsyncWebsocketConsumer

from apps.chat import fragments
from apps.chat.announcements import group_of
from apps.chat.live import LiveReply
from apps.chat.models import Conversation, Message
from apps.chat.transcript import html_of, moment_from
from apps.generation.models import Generation
from apps.generation.threads import in_thread

logger = structlog.get_logger(__name__)

TRY_AGAIN_LATER = 1013
HEARTBEAT_SECONDS = 15.0
HEARTBEAT = '{"heartbeat": true}'  # JSON without content: htmx changes nothing


class ConversationConsumer(AsyncWebsocketConsumer):
    """One socket on one conversation of its owner; anybody else is refused.

    ``?since=`` is when the page was made: what has changed since is sent first, so that a first connection, a
    reconnection and a waking phone are the same. What the browser sends is ignored: it posts over HTTP.
    """

    async def connect(self) -> None:
        self.conversation = await in_thread(_conversation_for)(self.scope["user"], self._conversation_id)
        self.replies: dict[UUID, asyncio.Task[None]] = {}
        if self.conversation is None:
            await self.close()
            return
        await self.accept()
        self.heartbeat = asyncio.create_task(self._beat())
        await self.channel_layer.group_add(group_of(self.conversation.pk), self.channel_name)
        await self._show(await in_thread(_changed_messages)(self.conversation, self._since))

    async def disconnect(self, code: int) -> None:  # noqa: ARG002
        for task in self.replies.values():
            task.cancel()
        if self.conversation is not None:
            self.heartbeat.cancel()
            await self.channel_layer.group_discard(group_of(self.conversation.pk), self.channel_name)

    async def messages_added(self, event: dict[str, Any]) -> None:
        """Another tab, or this one, sent a message."""
        if self.conversation is not None:
            await self._show(await in_thread(_messages)(self.conversation, event["ids"]))

    async def _beat(self) -> None:
        """Say that the socket is alive, which the browser cannot see otherwise."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await self.send(HEARTBEAT)

    async def _show(self, messages: list[Message]) -> None:
        for message in messages:
            if message.generation is not None and not message.generation.is_over:
                self._follow(message, message.generation)
            else:
                await self.send(fragments.upsert_message(message, html_of(message)))

    def _follow(self, message: Message, generation: Generation) -> None:
        if message.pk not in self.replies:
            self.replies[message.pk] = asyncio.create_task(self._show_live(message, generation))

    async def _show_live(self, message: Message, generation: Generation) -> None:
        try:
            await LiveReply(message, generation, self.send).show()
        except Exception:
            logger.exception("reply not shown to its end", message=str(message.pk))
            # The browser connects again and starts from what is stored.
            await self.close(TRY_AGAIN_LATER)
        finally:
            self.replies.pop(message.pk, None)

    @property
    def _conversation_id(self) -> UUID:
        identifier: UUID = self.scope["url_route"]["kwargs"]["conversation_id"]
        return identifier

    @property
    def _since(self) -> datetime | None:
        values = parse_qs(self.scope["query_string"].decode("latin-1")).get("since", [""])
        return moment_from(values[0])


def _conversation_for(user: Any, conversation_id: UUID) -> Conversation | None:
    if not user.is_authenticated:
        return None
    return Conversation.objects.visible_to(user).filter(pk=conversation_id).first()


def _changed_messages(conversation: Conversation, since: datetime | None) -> list[Message]:
    messages = conversation.messages.in_order()
    return list(messages.changed_since(since) if since else messages)


def _messages(conversation: Conversation, ids: list[str]) -> list[Message]:
    return list(conversation.messages.in_order().filter(pk__in=ids))
