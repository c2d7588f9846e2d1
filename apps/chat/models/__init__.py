"""The chat's tables."""

from apps.chat.models.attachment import Attachment, AttachmentQuerySet
from apps.chat.models.conversation import Conversation, ConversationQuerySet, Mode, TitleOrigin
from apps.chat.models.folder import Folder, FolderQuerySet
from apps.chat.models.message import Message, MessageQuerySet, Rating, Role
from apps.chat.models.preset import Preset, PresetQuerySet
from apps.chat.models.queued_message import QueuedMessage
from apps.chat.models.share import Share, ShareQuerySet

__all__ = [
    "Attachment",
    "AttachmentQuerySet",
    "Conversation",
    "ConversationQuerySet",
    "Folder",
    "FolderQuerySet",
    "Message",
    "MessageQuerySet",
    "Mode",
    "Preset",
    "PresetQuerySet",
    "QueuedMessage",
    "Rating",
    "Role",
    "Share",
    "ShareQuerySet",
    "TitleOrigin",
]
