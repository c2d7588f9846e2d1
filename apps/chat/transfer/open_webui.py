"""Open WebUI's export: a list of chats.

Each has a ``chat`` whose ``history`` holds ``messages`` by id, with ``parentId``; the thread that was shown ends at
``currentId``. A rating is ``annotation.rating``, 1 or -1.
"""

from typing import Any

import msgspec
from msgspec import Struct

from apps.chat.models import Rating, Role
from apps.chat.transfer.foreign_tree import ForeignMessage, conversation_of
from apps.chat.transfer.format import ConversationFile

RATINGS = {1: Rating.GOOD, -1: Rating.BAD}


class Annotation(Struct):
    """A reader's rating of a reply."""

    rating: Any = None


class WebuiMessage(Struct, rename="camel"):
    """A message; ``timestamp`` counts seconds."""

    role: str = ""
    content: Any = ""
    parent_id: str | None = None
    timestamp: float | None = None
    annotation: Annotation | None = None


class MessageTree(Struct, rename="camel"):
    """All versions of the messages."""

    messages: dict[str, WebuiMessage]
    current_id: str | None = None


class Chat(Struct):
    """The content of a chat."""

    history: MessageTree
    title: str | None = None


class WebuiChat(Struct):
    """One chat of the export; ``created_at`` counts seconds."""

    chat: Chat
    title: str | None = None
    created_at: float | None = None


def read_open_webui(content: bytes) -> list[ConversationFile]:
    """Return the chats in which something is asked. Raises ``NotImportable`` and ``msgspec`` errors."""
    given = msgspec.json.decode(content, type=list[WebuiChat] | WebuiChat)
    read = (
        conversation_of(
            item.title or item.chat.title or "",
            {key: _message(message) for key, message in item.chat.history.messages.items()},
            item.chat.history.current_id,
            item.created_at,
        )
        for item in (given if isinstance(given, list) else [given])
    )
    return [file for file in read if file is not None]


def _message(said: WebuiMessage) -> ForeignMessage:
    rating = (
        RATINGS.get(said.annotation.rating) if said.annotation and isinstance(said.annotation.rating, int) else None
    )
    match said.role:
        case "user":
            return ForeignMessage(said.parent_id, Role.USER, _text(said.content), said.timestamp)
        case "assistant":
            return ForeignMessage(said.parent_id, Role.ASSISTANT, _text(said.content), said.timestamp, rating)
    return ForeignMessage(said.parent_id, None, "")


def _text(content: Any) -> str:
    """Return a text, or the texts of a list of parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = (part.get("text") for part in parts if isinstance(part, dict))
    return "\n\n".join(text for text in texts if isinstance(text, str))
