"""The conversation's WebSocket: sends what a viewer shows."""

import asyncio
from urllib.parse import parse_qs
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer

from apps.chat.live.cursor import Cursor
from apps.chat.live.failures import log_failure
from apps.chat.live.viewer import AccessLost, Viewer
from apps.chat.models import Conversation
from apps.chat.selectors import find_conversation
from apps.generation.errors import TooManyConnections
from apps.stores.threads import in_thread

TRY_AGAIN_LATER = 1013
SIGNED_OUT = 4401
TOO_MANY = 4429


class ConversationConsumer(AsyncWebsocketConsumer):
    """A socket of a conversation's owner. Everybody else is refused.

    ``?since=`` is the page's cursor. Frames from the browser are ignored: it posts over HTTP.
    """

    async def connect(self) -> None:
        self.showing: asyncio.Task[None] | None = None
        conversation = await in_thread(find_conversation)(self.scope["user"], self._conversation_id)
        if conversation is None:
            await self.close()
            return
        await self.accept()
        self.showing = asyncio.create_task(self._show(conversation))

    async def disconnect(self, code: int) -> None:  # noqa: ARG002
        if self.showing is not None:
            self.showing.cancel()
            await asyncio.gather(self.showing, return_exceptions=True)

    async def _show(self, conversation: Conversation) -> None:
        viewer = Viewer(conversation, self.scope["session"].session_key, self.send)
        since = parse_qs(self.scope["query_string"].decode("latin-1")).get("since", [""])
        try:
            await viewer.show(Cursor.read(since[0]))
        except TooManyConnections as refusal:
            await self._end(TOO_MANY, refusal.sentence)
        except BaseExceptionGroup as failures:
            await self._end_after(failures)
        except Exception as failure:  # noqa: BLE001 (a task's exception would wait for the socket to close)
            log_failure(failure)
            await self._end(TRY_AGAIN_LATER)

    async def _end_after(self, failures: BaseExceptionGroup) -> None:
        if failures.subgroup(AccessLost):
            await self._end(SIGNED_OUT)
            return
        _, unexpected = failures.split(OSError)  # the page has gone
        if unexpected:
            log_failure(unexpected)
        # The browser connects again and starts from what is stored.
        await self._end(TRY_AGAIN_LATER)

    async def _end(self, code: int, reason: str = "") -> None:
        try:
            await self.close(code, reason)
        except (OSError, RuntimeError):
            return  # closed already, from the other side

    @property
    def _conversation_id(self) -> UUID:
        identifier: UUID = self.scope["url_route"]["kwargs"]["conversation_id"]
        return identifier
