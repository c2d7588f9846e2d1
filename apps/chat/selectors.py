"""Reads that shape the chat's pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import F, Prefetch, QuerySet
from django.utils import timezone

from apps.accounts.models import User
from apps.chat.models import Attachment, Conversation, Folder, Message, Preset, QueuedMessage
from apps.chat.models.conversation import ConversationQuerySet
from apps.generation.selectors import text_so_far
from apps.stores.compiled import compiled

SIDEBAR_LENGTH = 100
SIDEBAR_LONGEST = 5_000
MOST_SELECTED = 500  # conversations at once
PINNED = "Pinned"
LONGEST_NUMBER = 9  # digits: what the column holds


@dataclass(frozen=True, slots=True)
class SidebarGroup:
    """Conversations under one heading, the latest first."""

    heading: str
    conversations: list[Conversation]
    folder: Folder | None = None


@dataclass(frozen=True, slots=True)
class Sidebar:
    """A person's conversations; ``more`` is the length of a longer list, or 0 if this one has all."""

    groups: list[SidebarGroup]
    shown: int
    more: int
    most_selected: int = MOST_SELECTED

    @property
    def is_live(self) -> bool:
        """Return whether a reply in any of them is unfinished."""
        return any(item.is_generating for group in self.groups for item in group.conversations)


def find_conversation(user: Any, conversation_id: UUID, *, for_composer: bool = False) -> Conversation | None:
    """Return the conversation if the user may see it. Return ``None`` for other people's and for anonymous users.

    ``for_composer`` also reads what the composer shows of the conversation.
    """
    if not isinstance(user, User):
        return None
    found = next(iter(_read_visible(user.pk, conversation_id, for_composer)), None)
    if found is not None:
        found.owner = user  # known already: saves a query
    return found


@compiled
def _read_visible(user_id: int, conversation_id: UUID, for_composer: bool) -> ConversationQuerySet:  # noqa: FBT001
    shown = Conversation.objects.visible_to(user_id).filter(pk=conversation_id)
    return shown.with_draft().select_related("endpoint") if for_composer else shown


def find_folder(user: User, number: str) -> Folder | None:
    """Return the user's folder whose id is ``number``, a text from an address or a form."""
    if not number.isdecimal() or len(number) > LONGEST_NUMBER:
        return None
    return Folder.objects.owned_by(user).filter(pk=int(number)).first()


def presets_of(user: User) -> list[Preset]:
    """Return the presets that the user may choose."""
    return _read_presets(user.pk)


@compiled
def _read_presets(user_id: int) -> QuerySet[Preset]:
    return Preset.objects.visible_to(user_id)


def text_of(message: Message) -> str:
    """Return the text of a message so far."""
    return message.question if message.generation is None else text_so_far(message.generation)


def sidebar_of(user: User, shown: int = SIDEBAR_LENGTH) -> Sidebar:
    """Return the user's conversations: pinned ones, then those in folders, then by the day of last use."""
    shown = min(max(shown, SIDEBAR_LENGTH), SIDEBAR_LONGEST)
    found = _read_first_listed(user.pk) if shown == SIDEBAR_LENGTH else list(_listed(user.pk)[: shown + 1])
    more = shown + SIDEBAR_LENGTH if len(found) > shown else 0
    return Sidebar(_groups(found[:shown]), shown, more)


@compiled
def _read_first_listed(user_id: int) -> ConversationQuerySet:
    return _listed(user_id)[: SIDEBAR_LENGTH + 1]


def _listed(user_id: int) -> ConversationQuerySet:
    listed = Conversation.objects.visible_to(user_id).listed().with_activity().select_related("folder")
    return listed.order_by(F("pinned_at").desc(nulls_last=True), "-updated_at")


def _groups(conversations: list[Conversation]) -> list[SidebarGroup]:
    """Group conversations that are sorted as ``group_by_date`` wants them; folders stand below the pinned ones."""
    filed: dict[Folder, list[Conversation]] = {}
    others = []
    for item in conversations:
        if item.folder is not None and item.pinned_at is None:
            filed.setdefault(item.folder, []).append(item)
        else:
            others.append(item)
    dated = group_by_date(others, today=timezone.localdate())
    pinned = [group for group in dated if group.heading == PINNED]
    by_name = sorted(filed, key=lambda folder: (folder.name.lower(), folder.pk))
    folders = [SidebarGroup(folder.name, filed[folder], folder) for folder in by_name]
    return [*pinned, *folders, *dated[len(pinned) :]]


def group_by_date(conversations: Iterable[Conversation], *, today: date) -> list[SidebarGroup]:
    """Group conversations that are sorted: pinned ones, then by ``updated_at``, latest first."""
    grouped = groupby(conversations, key=lambda item: _heading(item, today))
    return [SidebarGroup(heading, list(members)) for heading, members in grouped]


def _heading(conversation: Conversation, today: date) -> str:
    if conversation.pinned_at is not None:
        return PINNED
    day = timezone.localdate(conversation.updated_at)
    if day >= today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    if day > today - timedelta(days=7):
        return "Previous 7 days"
    if day > today - timedelta(days=30):
        return "Previous 30 days"
    return day.strftime("%B %Y")


def queued_in(conversation: Conversation) -> QueuedMessage | None:
    """Return the message that waits for the end of the reply, with its files."""
    waiting = QueuedMessage.objects.filter(conversation=conversation)
    return waiting.prefetch_related(Prefetch("attachments", Attachment.objects.without_text())).first()
