"""Reads that shape the chat's pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.utils import timezone

from apps.accounts.models import User
from apps.chat.models import Conversation

SIDEBAR_LENGTH = 100


@dataclass(frozen=True, slots=True)
class SidebarGroup:
    """Conversations of one heading, the latest first."""

    heading: str
    conversations: list[Conversation]


def sidebar_groups(user: User) -> list[SidebarGroup]:
    """The user's latest conversations, grouped by the day they were last used."""
    conversations = Conversation.objects.visible_to(user).with_activity().order_by("-updated_at")[:SIDEBAR_LENGTH]
    return group_by_date(conversations, today=timezone.localdate())


def group_by_date(conversations: Iterable[Conversation], *, today: date) -> list[SidebarGroup]:
    """Group conversations that are sorted by ``updated_at``, latest first."""
    grouped = groupby(conversations, key=lambda item: _heading(timezone.localdate(item.updated_at), today))
    return [SidebarGroup(heading, list(members)) for heading, members in grouped]


def _heading(day: date, today: date) -> str:
    if day >= today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    if day > today - timedelta(days=7):
        return "Previous 7 days"
    if day > today - timedelta(days=30):
        return "Previous 30 days"
    return day.strftime("%B %Y")
