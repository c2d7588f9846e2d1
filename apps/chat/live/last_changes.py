"""The times of a conversation's last changes, by which a page that connects finds what it has missed."""

from datetime import datetime
from typing import Any, NamedTuple, Self
from uuid import UUID

from django.db.models import QuerySet

from apps.chat.live import fragments
from apps.chat.models import Conversation
from apps.stores.compiled import compiled


class LastChanges(NamedTuple):
    """The times when another thread was shown and when the title or the queued message changed, and the title."""

    switched_at: datetime | None
    beside_changed_at: datetime | None
    title: str

    @classmethod
    def of(cls, conversation: Conversation) -> Self:
        """Read the times and the title as they are now."""
        for changes in _read_changes(conversation.pk):
            return cls(*changes)
        raise Conversation.DoesNotExist

    def frames_beside(self, conversation: Conversation, since: datetime | None) -> str:
        """Return the frames of the title and the queued message if a page of the moment ``since`` may lack them."""
        if self.beside_changed_at is None or (since is not None and self.beside_changed_at < since):
            return ""
        return fragments.update_title(conversation.pk, self.title) + fragments.show_queued(conversation)


@compiled
def _read_changes(conversation_id: UUID) -> QuerySet[Conversation, tuple[Any, ...]]:
    return Conversation.objects.filter(pk=conversation_id).values_list("switched_at", "beside_changed_at", "title")
