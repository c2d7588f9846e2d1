"""What the chat stores."""

from apps.chat.models.conversation import Conversation, ConversationQuerySet, Mode
from apps.chat.models.message import Message, MessageQuerySet, Role
from apps.chat.models.share import Share, ShareQuerySet

__all__ = [
    "Conversation",
    "ConversationQuerySet",
    "Message",
    "MessageQuerySet",
    "Mode",
    "Role",
    "Share",
    "ShareQuerySet",
]
