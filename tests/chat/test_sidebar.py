"""The sidebar lists one's own conversations, the latest first, under words for when they were used."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.chat.models import Conversation
from apps.chat.selectors import SIDEBAR_LENGTH, SIDEBAR_LONGEST, Sidebar, group_by_date, sidebar_of
from apps.chat.services.delete import delete_conversation
from apps.chat.services.messages.send import start_conversation
from apps.chat.services.messages.stop import stop_reply
from apps.chat.services.organize import archive_conversation, pin_conversation

TODAY = date(2026, 3, 1)


def titles(sidebar: Sidebar) -> list[str]:
    return [item.title for group in sidebar.groups for item in group.conversations]


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
    assert titles(sidebar_of(alice)) == ["of alice"]


def test_list_can_be_made_longer(alice: User) -> None:
    Conversation.objects.bulk_create([Conversation(owner=alice, title=str(n)) for n in range(SIDEBAR_LENGTH + 1)])
    short = sidebar_of(alice)
    assert (len(titles(short)), short.shown, short.more) == (SIDEBAR_LENGTH, SIDEBAR_LENGTH, 2 * SIDEBAR_LENGTH)
    long = sidebar_of(alice, short.more)
    assert (len(titles(long)), long.more) == (SIDEBAR_LENGTH + 1, 0)
    assert titles(long)[:SIDEBAR_LENGTH] == titles(short)
    assert sidebar_of(alice, 10**8).shown == SIDEBAR_LONGEST
    assert sidebar_of(alice, -1).shown == SIDEBAR_LENGTH


def test_pinned_ones_come_first_under_their_own_heading(alice: User) -> None:
    old, _, _ = (Conversation.objects.create(owner=alice, title=title) for title in ("old", "middle", "new"))
    pin_conversation(conversation=old, pinned=True)
    sidebar = sidebar_of(alice)
    assert [group.heading for group in sidebar.groups] == ["Pinned", "Today"]
    assert titles(sidebar) == ["old", "new", "middle"]
    pin_conversation(conversation=old, pinned=False)
    assert titles(sidebar_of(alice)) == ["new", "middle", "old"]


@pytest.mark.parametrize("leave", ["archive", "delete"])
def test_what_is_archived_or_deleted_is_not_listed(alice: User, leave: str) -> None:
    gone, stays = (Conversation.objects.create(owner=alice, title=title) for title in ("gone", "stays"))
    assert set(titles(sidebar_of(alice))) == {"gone", "stays"}
    if leave == "archive":
        archive_conversation(conversation=gone, archived=True)
    else:
        delete_conversation(conversation=gone)
    assert titles(sidebar_of(alice)) == [stays.title]


def test_it_is_live_while_a_reply_is_under_way(alice: User) -> None:
    conversation = start_conversation(owner=alice, text="one").conversation
    assert sidebar_of(alice).is_live
    stop_reply(conversation=conversation)
    assert not sidebar_of(alice).is_live


def test_conversation_that_is_being_answered_says_so(alice: User) -> None:
    conversation = start_conversation(owner=alice, text="one").conversation
    listed: Any = Conversation.objects.with_activity()
    assert [item.is_generating for item in listed] == [True]
    stop_reply(conversation=conversation)
    assert [item.is_generating for item in listed.all()] == [False]
