"""The sidebar lists one's own conversations, the latest first, under words for when they were used."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.chat.models import Conversation
from apps.chat.selectors import SIDEBAR_LENGTH, group_by_date, sidebar_groups
from apps.chat.services.send import start_conversation
from apps.chat.services.stop import stop_reply

TODAY = date(2026, 3, 1)


def used_on(day: date, title: str = "") -> Conversation:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return Conversation(title=title or str(day), updated_at=noon)


@pytest.mark.parametrize(
    ("days_ago", "heading"),
    [
        (-1, "Today"),  # a clock that is ahead
        (0, "Today"),
        (1, "Yesterday"),
        (2, "Previous 7 days"),
        (6, "Previous 7 days"),
        (7, "Previous 30 days"),
        (29, "Previous 30 days"),
        (30, "January 2026"),
        (365, "March 2025"),
    ],
)
def test_conversations_are_headed_by_when_they_were_used(days_ago: int, heading: str) -> None:
    groups = group_by_date([used_on(TODAY - timedelta(days=days_ago))], today=TODAY)
    assert [group.heading for group in groups] == [heading]


def test_conversations_of_one_heading_stand_together_in_order() -> None:
    conversations = [used_on(TODAY - timedelta(days=days)) for days in (0, 0, 1, 3, 5, 40)]
    groups = group_by_date(conversations, today=TODAY)
    assert [(group.heading, len(group.conversations)) for group in groups] == [
        ("Today", 2),
        ("Yesterday", 1),
        ("Previous 7 days", 2),
        ("January 2026", 1),
    ]
    assert [item for group in groups for item in group.conversations] == conversations


def test_day_is_the_one_where_the_reader_is() -> None:
    late = Conversation(title="late", updated_at=datetime(2026, 2, 28, 23, 30, tzinfo=UTC))
    assert group_by_date([late], today=TODAY)[0].heading == "Yesterday"
    with timezone.override("Europe/Berlin"):
        assert group_by_date([late], today=TODAY)[0].heading == "Today"


def test_only_ones_own_conversations_are_listed(alice: User, bob: User) -> None:
    for owner in (alice, bob):
        start_conversation(owner=owner, text=f"of {owner.username}")
    listed = [item.title for group in sidebar_groups(alice) for item in group.conversations]
    assert listed == ["of alice"]


def test_list_has_an_end(alice: User) -> None:
    Conversation.objects.bulk_create([Conversation(owner=alice, title=str(n)) for n in range(SIDEBAR_LENGTH + 1)])
    assert sum(len(group.conversations) for group in sidebar_groups(alice)) == SIDEBAR_LENGTH


def test_conversation_that_is_being_answered_says_so(alice: User) -> None:
    conversation = start_conversation(owner=alice, text="one").conversation
    listed: Any = Conversation.objects.with_activity()
    assert [item.is_generating for item in listed] == [True]
    stop_reply(conversation=conversation)
    assert [item.is_generating for item in listed.all()] == [False]
