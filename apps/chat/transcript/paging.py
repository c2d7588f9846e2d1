"""Choose the messages that a page carries: the latest messages, and those around the position that an address names.

Messages that are left out form a gap, which is filled on demand from either side. The choice is made by outlines, so
only texts that are shown are read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import F, Func, IntegerField, QuerySet
from django.db.models.functions import Coalesce

from apps.chat.models import Conversation, Message, MessageQuerySet
from apps.stores.compiled import compiled

# Most conversations have fewer than ten turns, which is eight screens of reading, 90 kB of HTML and 45 ms of work.
# Longer texts make a page of fewer messages. A page always has one turn, however long.
MOST = 20  # messages at once
MOST_CHARACTERS = 50_000  # characters of their texts
TURN = 2  # messages: a question and its reply


class OutlineEntry(NamedTuple):
    """A message in an outline; ``length`` is the length of its text, in characters or bytes."""

    pk: UUID
    position: int
    length: int


@dataclass(frozen=True, slots=True)
class Gap:
    """The messages between the position ``after``, 0 at the top, and the message ``below``, at ``before``."""

    conversation: UUID
    after: int
    below: UUID
    before: int

    @property
    def number(self) -> int:
        return self.before - self.after - 1

    @property
    def dom_id(self) -> str:
        """Return an id for exactly these messages: filling the gap from either side makes another gap."""
        return f"gap-{self.below}-{self.after}"

    @property
    def first(self) -> int:
        return self.after + 1

    @property
    def last(self) -> int:
        return self.before - 1


type TranscriptItem = Message | Gap


def latest_page(conversation: Conversation) -> list[TranscriptItem]:
    """Return the end of the conversation's current thread."""
    outline = [OutlineEntry(*row) for row in _read_outline(conversation.pk)]
    return _with_gaps(conversation, _last(outline))


@compiled
def _read_outline(conversation_id: UUID) -> QuerySet[Message, tuple[UUID, int, int]]:
    return _measured(Message.objects.filter(conversation=conversation_id).shown_in(conversation_id, at_most=MOST))


def page_around(conversation: Conversation, position: int) -> list[TranscriptItem]:
    """Return the messages around a position of the current thread, and its end."""
    thread = conversation.messages.shown_in(conversation.pk, from_position=max(1, position - MOST // 2))
    outline = _outline(thread)
    above = _last([entry for entry in outline if entry.position < position], MOST // 2, MOST_CHARACTERS // 2)
    from_there = _first([entry for entry in outline if entry.position >= position], MOST // 2, MOST_CHARACTERS // 2)
    end = _last([entry for entry in outline if entry.position >= position + len(from_there)])
    return _with_gaps(conversation, [*above, *from_there, *end])


def page_where_switched(conversation: Conversation) -> list[TranscriptItem]:
    """Return the messages around the message where the thread begins to differ from the thread shown before."""
    position = Conversation.objects.values_list("switched_to__position", flat=True).get(pk=conversation.pk)
    return latest_page(conversation) if position is None else page_around(conversation, position)


def changes_to_catch_up(conversation: Conversation, since: datetime | None) -> list[Message] | None:
    """Return the messages that have changed since the page's moment, or ``None`` if the page must be replaced."""
    if since is None:
        return None
    changed = _having(conversation, _read_changed(conversation.pk, since))
    if len(changed) > MOST:
        return None
    return [message for message in changed if message.position > message.thread_end - MOST]


@compiled
def _read_changed(conversation_id: UUID, since: datetime) -> MessageQuerySet:
    latest = Message.objects.filter(conversation=conversation_id).shown_in(conversation_id, at_most=MOST + 1)
    return latest.in_order().with_thread_end().changed_since(since)


def _having(conversation: Conversation, messages: list[Message]) -> list[Message]:
    """Return the messages with ``conversation`` set on each, which saves queries."""
    for message in messages:
        message.conversation = conversation
    return messages


def end_of_gap(below: Message, after: int) -> list[TranscriptItem]:
    """Return the last messages of the gap above ``below``, and the rest of the gap."""
    outline = _outline(below.conversation.messages.in_thread_to(below.parent_id, at_most=MOST, from_position=after + 1))
    return _with_gaps(below.conversation, _last(outline), after, below)


def beginning_of_gap(below: Message, after: int) -> list[TranscriptItem]:
    """Return the first messages of the gap above ``below``, and the rest of the gap."""
    outline = _outline(below.conversation.messages.in_thread_to(below.parent_id, from_position=after + 1))
    return _with_gaps(below.conversation, _first(outline), after, below)


def latest_messages(conversation: Conversation) -> MessageQuerySet:
    """Return the messages at the end of the current thread that a page may carry. Only these can change."""
    return conversation.messages.shown_in(conversation.pk, at_most=MOST).in_order()


def _outline(messages: MessageQuerySet) -> list[OutlineEntry]:
    return [OutlineEntry(*row) for row in _measured(messages)]


def _measured(messages: MessageQuerySet) -> QuerySet[Message, tuple[UUID, int, int]]:
    asked = Func(F("question"), function="OCTET_LENGTH", output_field=IntegerField())  # known without reading the text
    measured = messages.annotate(length=asked + Coalesce("generation__text_length", 0)).order_by("position")
    return measured.values_list("pk", "position", "length")


def _last(outline: Sequence[OutlineEntry], most: int = MOST, longest: int = MOST_CHARACTERS) -> list[OutlineEntry]:
    """Return the last entries that fit a page, beginning with a question if that leaves a turn."""
    kept = _short(reversed(outline), most, longest)[::-1]
    return kept[1:] if len(kept) > TURN and not _is_question(kept[0]) else kept


def _first(outline: Sequence[OutlineEntry], most: int = MOST, longest: int = MOST_CHARACTERS) -> list[OutlineEntry]:
    return _short(outline, most, longest)


def _short(outline: Iterable[OutlineEntry], most: int, longest: int) -> list[OutlineEntry]:
    kept: list[OutlineEntry] = []
    length = 0
    for entry in outline:
        length += entry.length
        if len(kept) == most or (len(kept) >= TURN and length > longest):
            break
        kept.append(entry)
    return kept


def _is_question(entry: OutlineEntry) -> bool:
    """Return whether the entry is a question: questions and replies take turns."""
    return entry.position % TURN == 1


def _with_gaps(
    conversation: Conversation, outline: Iterable[OutlineEntry], after: int = 0, below: Message | None = None
) -> list[TranscriptItem]:
    """Return the messages, with a gap wherever a message does not follow the message before it."""
    shown = _having(conversation, _read_shown(conversation.pk, [entry.pk for entry in outline]))
    items: list[TranscriptItem] = []
    for message in [*shown, *([below] if below else [])]:
        if message.position > after + 1:
            items.append(Gap(conversation.pk, after, message.pk, message.position))
        items.append(message)
        after = message.position
    return items[:-1] if below else items


@compiled
def _read_shown(conversation_id: UUID, ids: list[UUID]) -> MessageQuerySet:
    return Message.objects.filter(conversation=conversation_id).with_ids(ids).in_order()
