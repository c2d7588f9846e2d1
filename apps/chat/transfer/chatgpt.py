"""ChatGPT's export: ``conversations.json``, a list of conversations.

Each has a ``mapping`` of nodes with ``parent`` and ``message``; the thread that was shown ends at ``current_node``. A
message has an ``author`` with a ``role``, and a ``content`` whose ``parts`` are texts, or objects for images and files.
"""

from typing import Any

import msgspec
from msgspec import Struct, field

from apps.chat.models import Role
from apps.chat.transfer.foreign_tree import ForeignMessage, conversation_of
from apps.chat.transfer.format import ConversationFile

LEFT_OUT = "[an image or file that is not imported]"
TEXTS = {"text", "multimodal_text"}


class Author(Struct):
    """The author of a message."""

    role: str = ""


class Content(Struct):
    """The content of a message."""

    content_type: str = ""
    parts: list[Any] = []


class GptMessage(Struct):
    """A message. Weight 0 means hidden; a recipient other than ``all`` means a call of a tool."""

    author: Author
    content: Content = field(default_factory=Content)
    create_time: float | None = None
    weight: float | None = None
    recipient: str | None = None


class Node(Struct):
    """A node of the tree; the first node has no message."""

    message: GptMessage | None = None
    parent: str | None = None


class GptConversation(Struct):
    """One conversation of the export."""

    mapping: dict[str, Node]
    title: str | None = None
    create_time: float | None = None
    current_node: str | None = None


def read_chatgpt(content: bytes) -> list[ConversationFile]:
    """Return the conversations in which something is asked. Raises ``NotImportable`` and ``msgspec`` errors."""
    given = msgspec.json.decode(content, type=list[GptConversation] | GptConversation)
    conversations = given if isinstance(given, list) else [given]
    read = (
        conversation_of(
            conversation.title or "",
            {key: _message(node) for key, node in conversation.mapping.items()},
            conversation.current_node,
            conversation.create_time,
        )
        for conversation in conversations
    )
    return [file for file in read if file is not None]


def _message(node: Node) -> ForeignMessage:
    said = node.message
    if (
        said is None
        or said.weight == 0
        or said.recipient not in {None, "all"}
        or said.content.content_type not in TEXTS
    ):
        return ForeignMessage(node.parent, None, "")
    text = "\n\n".join(part if isinstance(part, str) else LEFT_OUT for part in said.content.parts)
    match said.author.role:
        case "user":
            return ForeignMessage(node.parent, Role.USER, text, said.create_time)
        case "assistant":
            return ForeignMessage(node.parent, Role.ASSISTANT, text, said.create_time)
    return ForeignMessage(node.parent, None, "")
