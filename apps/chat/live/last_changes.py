"""The times of a conversation's last changes, by which a page that connects finds what it has missed."""

from datetime import datetime
from typing import NamedTuple, Self

from apps.chat.live import fragments
from apps.chat.models import Conversation


class LastChanges(NamedTuple):
    """The times when another thread was shown and when the title or the queued message changed, and the title."""

    switched_at: datetime | None
    beside_changed_at: datetime | None
    title: str

    @classmethod
    def of(cls, conversation: Conversation) -> Self:
        """Read them as they are now."""
        return cls(*Conversation.objects.values_list(*cls._fields).get(pk=conversation.pk))

    def frames_beside(self, conversation: Conversation, since: datetime | None) -> str:
        """Return the frames of the title and the queued message if a page of the moment ``since`` may lack them."""
        if self.beside_changed_at is None or (since is not None and self.beside_changed_at < since):
            return ""
        return fragments.update_title(conversation.pk, self.title) + fragments.show_queued(conversation)
