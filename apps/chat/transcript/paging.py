"""Which messages a page carries: the latest of its conversation and, where it leads further up, those about that place.

What it leaves out is a gap before one of its messages, which is filled on demand, from either side. Which messages
those are is decided by outlines: no text is read that is not shown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import F, Func, IntegerField
from django.db.models.functions import Coalesce

from apps.chat.models import Conversation, Message, MessageQuerySet

# Ten turns are more than most conversations have and some eight screens of reading: 90 kB of HTML as replies usually
# are, 45 ms to make. Where they are longer the weight decides, and a single turn is shown whatever it weighs.
MOST = 20  # messages at once
HEAVIEST = 50_000  # characters of their texts
TURN = 2  # messages: a question and its reply


class Line(NamedTuple):
    """A message in an outline; ``weight`` is the length of its text, in characters or bytes."""

    pk: UUID
    position: int
    weight: int


@dataclass(frozen=True, slots=True)
class Gap:
    """The messages between the position ``after``, 0 at the top, and the message ``below`` at position ``before``."""

    conversation: UUID
    after: int
    below: UUID
    before: int

    @property
    def number(self) -> int:
        return self.before - self.after - 1

    @property
    def dom_id(self) -> str:
        """Names exactly these messages: a gap that was filled meanwhile, from whichever side, is another."""
        return f"gap-{self.below}-{self.after}"

    @property
    def first(self) -> int:
        return self.after + 1

    @property
    def last(self) -> int:
        return self.before - 1


type Part = Message | Gap


def latest_part(conversation: Conversation) -> list[Part]:
    """The end of the thread that the conversation shows."""
    lines = _outline(conversation.messages.shown_in(conversation.pk, at_most=MOST))
    return _with_gaps(conversation, _last(lines))


def part_about(conversation: Conversation, position: int) -> list[Part]:
    """What stands about a position of that thread, and the thread's end."""
    thread = conversation.messages.shown_in(conversation.pk, from_position=max(1, position - MOST // 2))
    lines = _outline(thread)
    above = _last([line for line in lines if line.position < position], MOST // 2, HEAVIEST // 2)
    from_there = _first([line for line in lines if line.position >= position], MOST // 2, HEAVIEST // 2)
    end = _last([line for line in lines if line.position >= position + len(from_there)])
    return _with_gaps(conversation, [*above, *from_there, *end])


def part_where_switched(conversation: Conversation) -> list[Part]:
    """What stands about the message at which the thread begins to differ from the one shown before it."""
    position = Conversation.objects.values_list("switched_to__position", flat=True).get(pk=conversation.pk)
    return latest_part(conversation) if position is None else part_about(conversation, position)


def part_to_catch_up(
    conversation: Conversation, since: datetime | None, *, is_switched: bool = False
) -> list[Part] | None:
    """What a page of that moment is to show in place of what it has; ``None`` where it can have what has changed.

    ``is_switched`` says that it shows another thread than the conversation does now.
    """
    if since is None:
        return latest_part(conversation)
    if is_switched:
        return part_where_switched(conversation)
    latest = conversation.messages.shown_in(conversation.pk, at_most=MOST + 1)
    return latest_part(conversation) if latest.changed_since(since).count() > MOST else None


def end_of_gap(below: Message, after: int) -> list[Part]:
    """The last messages of the gap above ``below``, and what is left of it."""
    lines = _outline(below.conversation.messages.in_thread_to(below.parent_id, at_most=MOST, from_position=after + 1))
    return _with_gaps(below.conversation, _last(lines), after, below)


def beginning_of_gap(below: Message, after: int) -> list[Part]:
    """The first messages of the gap above ``below``, and what is left of it."""
    lines = _outline(below.conversation.messages.in_thread_to(below.parent_id, from_position=after + 1))
    return _with_gaps(below.conversation, _first(lines), after, below)


def latest_messages(conversation: Conversation) -> MessageQuerySet:
    """The end of the thread that the conversation shows, which alone can change: the last that a page may carry."""
    return conversation.messages.shown_in(conversation.pk, at_most=MOST).in_order()


def _outline(messages: MessageQuerySet) -> list[Line]:
    asked = Func(F("question"), function="OCTET_LENGTH", output_field=IntegerField())  # known without reading the text
    weighed = messages.annotate(weight=asked + Coalesce("generation__text_length", 0)).order_by("position")
    return [Line(*row) for row in weighed.values_list("pk", "position", "weight")]


def _last(lines: Sequence[Line], most: int = MOST, heaviest: int = HEAVIEST) -> list[Line]:
    """As many of the last as may be shown at once, beginning with a question where that leaves a turn."""
    kept = _light(reversed(lines), most, heaviest)[::-1]
    return kept[1:] if len(kept) > TURN and not _is_question(kept[0]) else kept


def _first(lines: Sequence[Line], most: int = MOST, heaviest: int = HEAVIEST) -> list[Line]:
    return _light(lines, most, heaviest)


def _light(lines: Iterable[Line], most: int, heaviest: int) -> list[Line]:
    kept: list[Line] = []
    weight = 0
    for line in lines:
        weight += line.weight
        if len(kept) == most or (len(kept) >= TURN and weight > heaviest):
            break
        kept.append(line)
    return kept


def _is_question(line: Line) -> bool:
    """Questions and replies take turns."""
    return line.position % TURN == 1


def _with_gaps(
    conversation: Conversation, lines: Iterable[Line], after: int = 0, below: Message | None = None
) -> list[Part]:
    """The messages, with a gap before each that does not follow on what is shown before it."""
    shown = conversation.messages.filter(pk__in=[line.pk for line in lines]).in_order()
    parts: list[Part] = []
    for message in [*shown, *([below] if below else [])]:
        if message.position > after + 1:
            parts.append(Gap(conversation.pk, after, message.pk, message.position))
        parts.append(message)
        after = message.position
    return parts[:-1] if below else parts
